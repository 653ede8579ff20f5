//! Who fetches what, under the download's one lock.
//!
//! 1. What a connection has *claimed* is on its way; everything else can still be stolen from it.
//! 2. When nothing can be stolen any more, what the slowest-to-finish connection has on its way is
//!    *raced*: another fetches it too, and whoever brings a packet first has it entered.

#[cfg(test)]
mod interleavings;
use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use lanes_shared::endgame;
use lanes_shared::segments::{Claim, Segments};

use crate::storage::download_file::OpenDownload;

pub(crate) use super::work_stealing::Steal;

/// How much longer the segment of a connection is that has begun to receive before the others ask. They
/// need two round trips, in which TCP lets it grow to four times their rate, and when the link is full all
/// lose in proportion. Where it does not, they are done first and rob it over connections that are open,
/// which costs a round trip; it would have to make a new one.
const LEAD: u64 = 4;

/// How fast a connection is, as far as can be told.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    /// Bytes a second.
    pub speed: f64,
    /// From a request to its first byte, in seconds.
    pub latency_secs: f64,
}

/// The segments of a download and what is claimed of them.
pub(crate) struct RangeScheduler {
    /// `None` until the length is known.
    segments: Option<Segments>,
    /// Which connections have asked for their share before the length was known, and for how much.
    asked: Vec<Option<u64>>,
    /// What was set aside for those when it became known.
    set_aside: Vec<Option<Range<u64>>>,
    /// What each connection has claimed; entries may have come already.
    claimed: Vec<VecDeque<Range<u64>>>,
    /// What each connection races for.
    racing: Vec<Option<Range<u64>>>,
    raced: bool,
    /// The connection that is asking for the length.
    pub prober: Option<usize>,
    /// Nobody asks for the length before this.
    pub not_before: Option<Instant>,
}

impl RangeScheduler {
    /// A board for so many connections.
    pub fn new(connections: usize) -> Self {
        Self {
            segments: None,
            asked: vec![None; connections],
            set_aside: vec![None; connections],
            claimed: vec![VecDeque::new(); connections],
            racing: vec![None; connections],
            raced: false,
            prober: None,
            not_before: None,
        }
    }

    /// The length is known: a new file in `shares` equal segments; of the others those who asked for
    /// their share get it, and the rest is free. `first`, if given, owns the first segment, which is
    /// longer: what comes to it already is ahead by the round trips that the others still have to make.
    pub fn begin_new(&mut self, len: u64, granule: u64, shares: usize, first: Option<usize>) {
        let lead = if first.is_some() { LEAD } else { 1 };
        let mut segments = Segments::with_lead(len, granule, shares, lead);
        // Backwards, so that what is free lies in the order of the file.
        for index in (0..shares).rev() {
            match self.asked.get(index).copied().flatten() {
                Some(limit) => {
                    self.set_aside[index] = segments.claim_own(index, limit);
                    self.claimed[index].extend(self.set_aside[index].clone());
                }
                // It has gone already, or has not come yet: others may take its segment.
                None => segments.release(index),
            }
        }
        if let Some(first) = first {
            segments.extend_at(first, 0, |_| false);
        }
        self.segments = Some(segments);
    }

    /// The length is known, and so is what is missing.
    pub fn begin_gaps(&mut self, missing: Vec<Range<u64>>, granule: u64, shares: usize) {
        self.segments = Some(Segments::from_gaps(missing, granule, shares));
    }

    /// Connection `index` is about to ask for the first `limit` bytes of its share. Returns `false`
    /// when the length is known by now, so that it must claim instead.
    pub fn ask_share(&mut self, index: usize, limit: u64) -> bool {
        let unknown = self.segments.is_none();
        if unknown {
            self.asked[index] = Some(limit);
        }
        unknown
    }

    /// What was set aside for the share that connection `index` asked for.
    pub fn take_share(&mut self, index: usize) -> Option<Range<u64>> {
        self.set_aside[index].take()
    }

    /// The next bytes for connection `index`, at most `limit`: of its own segment, and only if it
    /// `runs_dry` what is free or another's.
    pub fn claim(
        &mut self,
        index: usize,
        limit: u64,
        runs_dry: bool,
        speed: impl Fn(usize) -> f64,
    ) -> Option<Claim> {
        let segments = self.segments.as_mut()?;
        let claim = if runs_dry {
            segments.claim(index, limit, speed)?
        } else {
            Claim {
                bytes: segments.claim_own(index, limit)?,
                stolen_from: None,
            }
        };
        self.racing[index] = None;
        self.claimed[index].push_back(claim.bytes.clone());
        Some(claim)
    }

    /// What connection `index`, which has nothing on its way, owns now, after a theft if need be and worth
    /// it, and whom it robbed. Nothing of it is claimed.
    pub fn own(
        &mut self,
        index: usize,
        pace: impl Fn(usize) -> f64,
        theft: Steal,
    ) -> Option<(Range<u64>, Option<usize>)> {
        let segments = self.segments.as_mut()?;
        let worth = |victim, rest| theft.worth(rest, pace(victim));
        let stolen_from = segments.assign_segment(index, &pace, worth)?;
        self.racing[index] = None;
        // It has come; who asks anew has not begun, and perhaps never will.
        self.claimed[index].clear();
        Some((segments.unclaimed_of(index), stolen_from))
    }

    /// What connection `index` owns and has not claimed yet.
    pub fn rest_of(&self, index: usize) -> Range<u64> {
        let segments = self.segments.as_ref();
        segments.map_or(0..0, |segments| segments.unclaimed_of(index))
    }

    /// Claims up to `limit` bytes for connection `index`, which has fetched up to `at` and can go on:
    /// of its own segment, or of what nobody owns. `None` when what follows belongs to another.
    pub fn claim_at(&mut self, index: usize, at: u64, limit: u64) -> Option<Range<u64>> {
        let segments = self.segments.as_mut()?;
        let rest = segments.unclaimed_of(index);
        if rest.is_empty() && !segments.extend_at(index, at, |other| self.claimed[other].is_empty())
        {
            return None;
        }
        if segments.unclaimed_of(index).start != at {
            return None;
        }
        let bytes = segments.claim_own(index, limit)?;
        self.claimed[index].clear();
        self.claimed[index].push_back(bytes.clone());
        Some(bytes)
    }

    /// Forgets claims of connection `index` that have come.
    pub fn prune(&mut self, index: usize, active: &OpenDownload) {
        self.claimed[index].retain(|range| !active.missing(range).is_empty());
    }

    /// Connection `index` is gone and leaves `unfinished`.
    pub fn hand_over(
        &mut self,
        index: usize,
        active: Option<&OpenDownload>,
        unfinished: impl IntoIterator<Item = Range<u64>>,
    ) {
        self.asked[index] = None;
        self.claimed[index].clear();
        let raced = self.racing[index].take();
        if self.prober == Some(index) {
            self.prober = None;
        }
        let set_aside = self.set_aside[index].take();
        if let (Some(active), Some(segments)) = (active, self.segments.as_mut()) {
            segments.release(index);
            // What was raced is still another's.
            let own = unfinished
                .into_iter()
                .filter(|range| raced.as_ref() != Some(range));
            for range in own.chain(set_aside) {
                let gaps = active.missing(&range);
                gaps.into_iter().for_each(|gap| segments.requeue(gap));
            }
        }
    }

    /// Bytes are to be fetched again, by whoever comes first.
    pub fn give_back(&mut self, bytes: Range<u64>) {
        if let Some(segments) = self.segments.as_mut() {
            segments.requeue(bytes);
        }
    }

    /// Whether connection `index` would find something to fetch without robbing another.
    pub fn has_free_for(&self, index: usize) -> bool {
        let segments = self.segments.as_ref();
        segments.is_some_and(|segments| segments.has_free_for(index))
    }

    /// Whether there is something to claim for connection `index`.
    pub fn has_work_for(&self, index: usize) -> bool {
        let segments = self.segments.as_ref();
        segments.is_some_and(|segments| segments.has_work_for(index))
    }

    /// Whether anything was ever raced: then a packet may come twice.
    pub fn has_raced(&self) -> bool {
        self.raced
    }

    /// Connection `index` waits for nothing and finds nothing to claim: what is missing and on nobody's
    /// way is free again. Returns whether there was any.
    pub fn find_lost(&mut self, index: usize, active: &OpenDownload) -> bool {
        self.claimed[index].clear();
        self.racing[index] = None;
        let Some(segments) = self.segments.as_mut() else {
            return false;
        };
        let rests = (0..self.claimed.len()).map(|other| segments.unclaimed_of(other));
        let spans = self.claimed.iter().flatten().cloned();
        let aside = self.set_aside.iter().flatten().cloned();
        // Since it was asked for work, another may have given some back.
        let free = segments.free().cloned();
        let coming: Vec<_> = rests.chain(spans).chain(aside).chain(free).collect();
        let coming = |gap: &Range<u64>| coming.iter().any(|span| overlap(span, gap));
        let missing = active.missing(&(0..active.plan.file_len()));
        let lost: Vec<_> = missing.into_iter().filter(|gap| !coming(gap)).collect();
        let any = !lost.is_empty();
        lost.into_iter().for_each(|gap| segments.requeue(gap));
        any
    }

    /// What connection `index`, which finds nothing to claim, should fetch besides the connection
    /// that has it: a span of the one that would take longest, if that is over `patience` and
    /// much longer than `index` would take.
    pub fn race(
        &mut self,
        index: usize,
        active: &OpenDownload,
        patience: Duration,
        pace: impl Fn(usize) -> Pace,
    ) -> Option<Range<u64>> {
        let segments = self.segments.as_ref()?;
        let mut worst: Option<(f64, Range<u64>)> = None;
        for other in (0..self.claimed.len()).filter(|other| *other != index) {
            let rest = segments.unclaimed_of(other);
            let spans = self.claimed[other].iter().chain([&rest]);
            let gaps: Vec<_> = spans.flat_map(|span| active.missing(span)).collect();
            let bytes: u64 = gaps.iter().map(|gap| gap.end - gap.start).sum();
            let secs = bytes as f64 / pace(other).speed.max(1.0);
            let untouched = gaps.into_iter().find(|gap| !self.is_raced(gap));
            if let Some(gap) = untouched.filter(|_| worst.as_ref().is_none_or(|(w, _)| secs > *w)) {
                worst = Some((secs, gap));
            }
        }
        let (secs, gap) = worst?;
        let gap = endgame::span(gap, active.plan.packet_len().into());
        let speeds = (0..self.claimed.len()).map(|other| pace(other).speed);
        let speed = endgame::mean_speed(speeds).max(1.0);
        let own = pace(index).latency_secs + (gap.end - gap.start) as f64 / speed;
        if !endgame::is_worthwhile(secs, own, patience) {
            return None;
        }
        self.raced = true;
        self.racing[index] = Some(gap.clone());
        Some(gap)
    }

    fn is_raced(&self, gap: &Range<u64>) -> bool {
        self.racing
            .iter()
            .flatten()
            .any(|other| overlap(other, gap))
    }
}

fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests;
