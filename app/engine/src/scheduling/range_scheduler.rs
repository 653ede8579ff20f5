//! Assigns the byte ranges of a file to connections.
//!
//! The scheduler has no lock and no clock of its own: [`crate::transfer`] keeps it behind one
//! mutex, and the interleavings test behind shuttle's, which chooses the order of the threads.
//!
//! 1. **Claims.** A connection claims bytes before it requests them. Claimed bytes stay with it;
//!    only unclaimed bytes are stolen, so no byte has two owners. A connection takes free bytes, or
//!    steals, only when at most a round trip of its own bytes is left: it takes nothing that the
//!    owner would fetch in time, and one connection does not take everything that refused
//!    connections leave.
//! 2. **Segments before the length.** With N connections, learning the length would cost N − 1 of
//!    them a round trip. Client and server compute equal segments with the same function, so each
//!    connection requests the beginning of "segment i of N" at once; the bytes are reserved for it
//!    when the length becomes known.
//! 3. **Duplicates (endgame).** When nothing can be stolen any more, the claimed bytes of the
//!    connection that would finish last are fetched by a second connection too; the first complete
//!    copy of a packet counts. On a full link a duplicate would take its rate from the connection
//!    that it helps, so the caller allows duplicates only on a link with spare capacity. The
//!    prediction calls the same functions ([`lanes_shared::endgame`]).

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use lanes_shared::endgame;
use lanes_shared::segments::{Claim, Segments};

use super::steal_estimate::Steal;
use crate::storage::open_download::OpenDownload;

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;

/// Length of the first segment over HTTP, as a multiple of the others. Its connection receives
/// already, while the others still need two round trips, in which slow start takes it to four times
/// their rate. If the others finish first, they steal from it over open connections, for one round
/// trip; the first connection would have to make a new one.
const LEAD: u64 = 4;

/// Measured performance of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ConnectionSpeed {
    /// Bytes a second.
    pub rate: f64,
    /// From a request to its first byte, in seconds.
    pub latency_secs: f64,
}

/// The segments of a download and the claims on them.
pub(crate) struct RangeScheduler {
    /// `None` until the length is known.
    segments: Option<Segments>,
    /// For each connection, the limit of its request for an equal segment before the length was
    /// known.
    requested: Vec<Option<u64>>,
    /// For each connection, the bytes reserved for that request when the length became known.
    reserved: Vec<Option<Range<u64>>>,
    /// Bytes that each connection has claimed; some may have arrived.
    claimed: Vec<VecDeque<Range<u64>>>,
    /// Bytes of another connection that each connection fetches as duplicates.
    duplicates: Vec<Option<Range<u64>>>,
    had_duplicates: bool,
    /// Connection that requests the length.
    pub prober: Option<usize>,
    /// Time before which no connection requests the length.
    pub not_before: Option<Instant>,
}

impl RangeScheduler {
    /// Creates a scheduler for this many connections.
    pub fn new(connections: usize) -> Self {
        Self {
            segments: None,
            requested: vec![None; connections],
            reserved: vec![None; connections],
            claimed: vec![VecDeque::new(); connections],
            duplicates: vec![None; connections],
            had_duplicates: false,
            prober: None,
            not_before: None,
        }
    }

    /// Cuts a new file of `len` bytes into `count` equal segments of whole granules. Connections
    /// that requested their segment before get it; the other segments are free. `first`, if given,
    /// owns the first segment, which is then longer (see [`LEAD`]).
    pub fn begin_new(&mut self, len: u64, granule: u64, count: usize, first: Option<usize>) {
        let lead = if first.is_some() { LEAD } else { 1 };
        let mut segments = Segments::with_lead(len, granule, count, lead);
        // Released segments are pushed to the front, so this order keeps them sorted by offset.
        for index in (0..count).rev() {
            match self.requested.get(index).copied().flatten() {
                Some(limit) => {
                    self.reserved[index] = segments.claim_own(index, limit);
                    self.claimed[index].extend(self.reserved[index].clone());
                }
                // The connection has ended or has not started: others may take its segment.
                None => segments.release(index),
            }
        }
        if let Some(first) = first {
            segments.extend_at(first, 0, |_| false);
        }
        self.segments = Some(segments);
    }

    /// Cuts the `missing` bytes of a resumed file so that each of `count` connections finds work.
    pub fn begin_gaps(&mut self, missing: Vec<Range<u64>>, granule: u64, count: usize) {
        self.segments = Some(Segments::from_gaps(missing, granule, count));
    }

    /// Announces that connection `index` requests the first `limit` bytes of its equal segment.
    /// Returns `false` if the length is known by now; the connection must claim instead.
    pub fn request_equal_segment(&mut self, index: usize, limit: u64) -> bool {
        let is_unknown = self.segments.is_none();
        if is_unknown {
            self.requested[index] = Some(limit);
        }
        is_unknown
    }

    /// Returns the bytes reserved for connection `index` by [`Self::request_equal_segment`], once.
    pub fn take_reserved(&mut self, index: usize) -> Option<Range<u64>> {
        self.reserved[index].take()
    }

    /// Claims up to `limit` bytes of the segment of connection `index`. If it `is_idle`, it may
    /// also take free bytes or steal.
    pub fn claim(
        &mut self,
        index: usize,
        limit: u64,
        is_idle: bool,
        rate: impl Fn(usize) -> f64,
    ) -> Option<Claim> {
        let segments = self.segments.as_mut()?;
        let claim = if is_idle {
            segments.claim(index, limit, rate)?
        } else {
            Claim {
                bytes: segments.claim_own(index, limit)?,
                stolen_from: None,
            }
        };
        self.duplicates[index] = None;
        self.claimed[index].push_back(claim.bytes.clone());
        Some(claim)
    }

    /// Assigns a segment to connection `index`, which has nothing in flight: its own, free bytes,
    /// or as much of another's as `steal` finds worthwhile. Returns the segment, of which nothing
    /// is claimed, and the victim.
    pub fn assign_segment(
        &mut self,
        index: usize,
        rate: impl Fn(usize) -> f64,
        steal: Steal,
    ) -> Option<(Range<u64>, Option<usize>)> {
        let segments = self.segments.as_mut()?;
        let amount = |victim, rest| steal.amount(rest, rate(victim));
        let stolen_from = segments.assign_segment(index, &rate, amount)?;
        self.duplicates[index] = None;
        // Earlier claims have arrived. An empty list also marks a connection whose next response
        // has not begun, so that `claim_at` of its neighbour may take the segment over.
        self.claimed[index].clear();
        Some((segments.unclaimed_of(index), stolen_from))
    }

    /// Frees a segment of a connection that `is_silent` and has not begun to receive, if connection `index`
    /// finds nothing else without stealing.
    pub fn release_untouched(&mut self, index: usize, is_silent: impl Fn(usize) -> bool) {
        let Some(segments) = self.segments.as_mut() else {
            return;
        };
        if segments.has_free_for(index) {
            return;
        }
        let is_untouched = |other: &usize| {
            let is_owner = !segments.unclaimed_of(*other).is_empty();
            *other != index && is_owner && self.claimed[*other].is_empty() && is_silent(*other)
        };
        if let Some(other) = (0..self.claimed.len()).find(is_untouched) {
            segments.release(other);
        }
    }

    /// Returns the unclaimed bytes of the segment of connection `index`.
    pub fn unclaimed_of(&self, index: usize) -> Range<u64> {
        let segments = self.segments.as_ref();
        segments.map_or(0..0, |segments| segments.unclaimed_of(index))
    }

    /// Claims up to `limit` bytes from offset `at` on for connection `index`, whose open response
    /// continues there: bytes of its own segment, free bytes, or the segment of a connection that
    /// has not begun to receive. `None` if the bytes belong to another connection.
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

    /// Takes back the claim of `bytes`, of which connection `index` received only the beginning.
    pub fn unclaim(&mut self, index: usize, bytes: Range<u64>) {
        self.claimed[index].clear();
        if let Some(segments) = self.segments.as_mut() {
            segments.give_back(index, bytes);
        }
    }

    /// Removes the claims of connection `index` that have arrived.
    pub fn prune_claims(&mut self, index: usize, file: &OpenDownload) {
        self.claimed[index].retain(|range| !file.missing(range).is_empty());
    }

    /// Releases everything that connection `index` owned: it has ended and did not receive
    /// `unfinished`.
    pub fn release(
        &mut self,
        index: usize,
        file: Option<&OpenDownload>,
        unfinished: impl IntoIterator<Item = Range<u64>>,
    ) {
        self.requested[index] = None;
        self.claimed[index].clear();
        let duplicate = self.duplicates[index].take();
        if self.prober == Some(index) {
            self.prober = None;
        }
        let reserved = self.reserved[index].take();
        if let (Some(file), Some(segments)) = (file, self.segments.as_mut()) {
            // A duplicate still belongs to its owner.
            let own = unfinished
                .into_iter()
                .filter(|range| duplicate.as_ref() != Some(range));
            let missing = own.chain(reserved).flat_map(|range| file.missing(&range));
            let gaps: Vec<_> = missing.collect();
            let rest = segments.unclaimed_of(index);
            let mut others = Vec::new();
            // From the last on, so that one request continues where the connection was lost.
            for gap in gaps.into_iter().rev() {
                match rest.is_empty() || segments.unclaimed_of(index).start != gap.end {
                    true => others.push(gap),
                    false => segments.give_back(index, gap),
                }
            }
            segments.release(index);
            others
                .into_iter()
                .rev()
                .for_each(|gap| segments.requeue(gap));
        }
    }

    /// Frees bytes that must be fetched again.
    pub fn requeue(&mut self, bytes: Range<u64>) {
        if let Some(segments) = self.segments.as_mut() {
            segments.requeue(bytes);
        }
    }

    /// Returns whether connection `index` would find bytes without stealing.
    pub fn has_free_for(&self, index: usize) -> bool {
        let segments = self.segments.as_ref();
        segments.is_some_and(|segments| segments.has_free_for(index))
    }

    /// Returns whether [`Self::claim`] would find bytes for an idle connection `index`.
    pub fn has_work_for(&self, index: usize) -> bool {
        let segments = self.segments.as_ref();
        segments.is_some_and(|segments| segments.has_work_for(index))
    }

    /// Returns whether any bytes were fetched as duplicates, so that a packet may arrive twice.
    pub fn had_duplicates(&self) -> bool {
        self.had_duplicates
    }

    /// Requeues bytes that are missing, unclaimed and not in flight; returns whether there were
    /// any. Connection `index`, the caller, has nothing in flight and found nothing to claim.
    pub fn requeue_lost(&mut self, index: usize, file: &OpenDownload) -> bool {
        self.claimed[index].clear();
        self.duplicates[index] = None;
        let Some(segments) = self.segments.as_mut() else {
            return false;
        };
        let segment = |other| segments.unclaimed_of(other);
        let unclaimed = (0..self.claimed.len()).map(segment);
        let claimed = self.claimed.iter().flatten().cloned();
        let reserved = self.reserved.iter().flatten().cloned();
        // Another connection may have freed bytes since the caller found nothing.
        let free = segments.free().cloned();
        let known = unclaimed.chain(claimed).chain(reserved).chain(free);
        let known: Vec<_> = known.collect();
        let is_known = |gap: &Range<u64>| known.iter().any(|span| overlaps(span, gap));
        let missing = file.missing(&(0..file.plan.file_len()));
        let lost: Vec<_> = missing.into_iter().filter(|gap| !is_known(gap)).collect();
        let any = !lost.is_empty();
        lost.into_iter().for_each(|gap| segments.requeue(gap));
        any
    }

    /// Selects bytes that connection `index`, which found nothing to claim, fetches as duplicates:
    /// of the connection that would finish last, if it needs more than `min_time_left` and much
    /// longer than `index` would.
    pub fn claim_duplicate(
        &mut self,
        index: usize,
        file: &OpenDownload,
        min_time_left: Duration,
        speed: impl Fn(usize) -> ConnectionSpeed,
    ) -> Option<Range<u64>> {
        let segments = self.segments.as_ref()?;
        let mut slowest: Option<(f64, Range<u64>)> = None;
        for other in (0..self.claimed.len()).filter(|other| *other != index) {
            let rest = segments.unclaimed_of(other);
            let spans = self.claimed[other].iter().chain([&rest]);
            let gaps: Vec<_> = spans.flat_map(|span| file.missing(span)).collect();
            let bytes: u64 = gaps.iter().map(|gap| gap.end - gap.start).sum();
            let secs = bytes as f64 / speed(other).rate.max(1.0);
            let gap = gaps.into_iter().find(|gap| !self.is_duplicated(gap));
            let is_slowest = slowest.as_ref().is_none_or(|(most, _)| secs > *most);
            if let Some(gap) = gap.filter(|_| is_slowest) {
                slowest = Some((secs, gap));
            }
        }
        let (owner_secs, gap) = slowest?;
        let span = endgame::span(gap, file.plan.packet_len().into());
        let rates = (0..self.claimed.len()).map(|other| speed(other).rate);
        let rate = endgame::mean_speed(rates).max(1.0);
        let helper_secs = speed(index).latency_secs + (span.end - span.start) as f64 / rate;
        if !endgame::is_worthwhile(owner_secs, helper_secs, min_time_left) {
            return None;
        }
        self.had_duplicates = true;
        self.duplicates[index] = Some(span.clone());
        Some(span)
    }

    fn is_duplicated(&self, gap: &Range<u64>) -> bool {
        let mut duplicates = self.duplicates.iter().flatten();
        duplicates.any(|other| overlaps(other, gap))
    }
}

fn overlaps(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}
