//! Who fetches what: a file is split into segments, one a connection, and a connection that is
//! done takes half of what the slowest has left.
//!
//! 1. The planner is pure. The engine asks it under a lock, the prediction asks it in a
//!    simulation, and the property tests ask it at random: all three get the same answers.
//! 2. A connection *claims* the next bytes of its segment before it asks the server for them. What
//!    is claimed is on its way and stays with its connection; only what is not claimed yet can be
//!    stolen. So no byte is asked for twice and none is forgotten.
//! 3. Boundaries fall on whole granules (packets), so that a packet never has two owners.

use std::collections::VecDeque;
use std::ops::Range;

/// A rest shorter than this is not split any further, in bytes (64 KiB): the request would cost
/// more than it brings.
pub const MIN_SPLIT: u64 = 64 * 1024;

/// Segment `index` of `of` equal ones, in bytes of a file of `len` bytes cut at whole granules.
///
/// Both sides compute it, so a client can ask for its share before it knows the file's length.
/// Returns an empty range when there are more segments than granules, or `index` is not below `of`.
pub fn equal_segment(len: u64, granule: u64, index: u64, count: u64) -> Range<u64> {
    let granules = len.div_ceil(granule.max(1));
    // 128 bits, because granules × of may pass 2^64.
    let cut = |i: u64| {
        let at = u128::from(granules) * u128::from(i.min(count)) / u128::from(count.max(1));
        (at as u64).saturating_mul(granule.max(1)).min(len)
    };
    cut(index)..cut(index + 1)
}

/// What a connection may ask for next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The bytes of the file.
    pub bytes: Range<u64>,
    /// The connection they were stolen from, when this claim began with a theft.
    pub stolen_from: Option<usize>,
}

/// The segments of one download.
#[derive(Debug, Clone)]
pub struct Segments {
    granule: u64,
    /// What no connection owns.
    free: VecDeque<Range<u64>>,
    /// What each connection owns and has not claimed yet.
    owned: Vec<Range<u64>>,
}

impl Segments {
    /// A whole file of `len` bytes in `connections` equal segments.
    pub fn equal(len: u64, granule: u64, connections: usize) -> Self {
        Self::with_lead(len, granule, connections, 1)
    }

    /// A whole file of `len` bytes in segments for so many connections, of which the first is `lead`
    /// times as long as the others.
    pub fn with_lead(len: u64, granule: u64, connections: usize, lead: u64) -> Self {
        let count = connections as u64 + lead - 1;
        let part = |index| equal_segment(len, granule, index, count);
        let first = 0..part(lead - 1).end;
        let owned = std::iter::once(first)
            .chain((lead..count).map(part))
            .take(connections)
            .collect();
        Self {
            granule: granule.max(1),
            free: VecDeque::new(),
            owned,
        }
    }

    /// The gaps of a file that is partly there, cut so that each of `connections` finds work.
    ///
    /// `missing` must be sorted, without overlaps, and start at whole granules.
    pub fn from_gaps(missing: Vec<Range<u64>>, granule: u64, connections: usize) -> Self {
        let mut free: Vec<_> = missing.into_iter().filter(|gap| !gap.is_empty()).collect();
        let granule = granule.max(1);
        while free.len() < connections {
            let longest = (0..free.len()).max_by_key(|i| free[*i].end - free[*i].start);
            let Some((index, right)) =
                longest.and_then(|i| upper_half(&free[i], granule).map(|right| (i, right)))
            else {
                break;
            };
            free[index].end = right.start;
            free.insert(index + 1, right);
        }
        Self {
            granule,
            free: free.into(),
            owned: vec![0..0; connections],
        }
    }

    /// Claims up to `limit` bytes (at least one granule) of the segment that `connection` owns;
    /// never another's. `None` when nothing of it is left.
    pub fn claim_own(&mut self, connection: usize, limit: u64) -> Option<Range<u64>> {
        let rest = self
            .owned
            .get_mut(connection)
            .filter(|rest| !rest.is_empty())?;
        let whole = (limit / self.granule).max(1).saturating_mul(self.granule);
        let end = rest.start.saturating_add(whole).min(rest.end);
        let bytes = rest.start..end;
        rest.start = end;
        Some(bytes)
    }

    /// Claims up to `limit` bytes for `connection`: of its own segment, else of what nobody owns,
    /// else of the upper half of what the slowest-to-finish connection has left.
    ///
    /// `speed` says how many bytes a second a connection brings; one that brings nothing is robbed
    /// first. `None` when nothing is left that could be split.
    pub fn claim(
        &mut self,
        connection: usize,
        limit: u64,
        speed: impl Fn(usize) -> f64,
    ) -> Option<Claim> {
        let stolen_from = self.assign_segment(connection, speed, |_, rest| rest)?;
        let bytes = self.claim_own(connection, limit)?;
        Some(Claim { bytes, stolen_from })
    }

    /// Makes sure that `connection` owns bytes that are not claimed: its own segment, else what
    /// nobody owns, else the upper half of what the slowest-to-finish connection has left, or as much
    /// of it as is `max_steal` worth taking from that connection with so many bytes left. `None` when there are
    /// none, else whom they were stolen from.
    pub fn assign_segment(
        &mut self,
        connection: usize,
        speed: impl Fn(usize) -> f64,
        max_steal: impl Fn(usize, u64) -> u64,
    ) -> Option<Option<usize>> {
        if self.assign_free(connection) {
            return Some(None);
        }
        let victim = self.slowest_to_finish(connection, speed)?;
        let mut part = upper_half(&self.owned[victim], self.granule)?;
        let max_steal = max_steal(victim, self.owned[victim].end - self.owned[victim].start);
        let kept = (part.end - part.start).saturating_sub(max_steal);
        part.start += kept.div_ceil(self.granule) * self.granule;
        if part.is_empty() {
            return None;
        }
        self.owned[victim].end = part.start;
        self.owned[connection] = part;
        Some(Some(victim))
    }

    /// What `connection` owns and has not claimed; empty for nothing.
    pub fn unclaimed_of(&self, connection: usize) -> Range<u64> {
        self.owned.get(connection).cloned().unwrap_or(0..0)
    }

    /// What nobody owns.
    pub fn free(&self) -> impl Iterator<Item = &Range<u64>> {
        self.free.iter()
    }

    /// Gives `connection`, which owns nothing, the bytes that begin at `at`: a connection that brings
    /// more than it was asked for goes on there. They must be nobody's, or the whole segment of
    /// another that `is_untouched`. Returns whether there are any.
    pub fn extend_at(
        &mut self,
        connection: usize,
        at: u64,
        is_untouched: impl Fn(usize) -> bool,
    ) -> bool {
        if connection >= self.owned.len() {
            self.owned.resize(connection + 1, 0..0);
        }
        if !self.owned[connection].is_empty() {
            return false;
        }
        let begins = |span: &Range<u64>| span.start == at && !span.is_empty();
        let span = match self.free.iter().position(begins) {
            Some(place) => self.free.remove(place),
            None => (0..self.owned.len())
                .find(|other| begins(&self.owned[*other]) && is_untouched(*other))
                .map(|other| std::mem::replace(&mut self.owned[other], 0..0)),
        };
        self.owned[connection] = span.unwrap_or(0..0);
        !self.owned[connection].is_empty()
    }

    /// Claims up to `limit` bytes for `connection`: of its own segment, else of what nobody owns;
    /// never another's.
    pub fn claim_free(&mut self, connection: usize, limit: u64) -> Option<Range<u64>> {
        self.assign_free(connection)
            .then(|| self.claim_own(connection, limit))?
    }

    fn assign_free(&mut self, connection: usize) -> bool {
        if connection >= self.owned.len() {
            self.owned.resize(connection + 1, 0..0);
        }
        if self.owned[connection].is_empty()
            && let Some(span) = self.free.pop_front()
        {
            self.owned[connection] = span;
        }
        !self.owned[connection].is_empty()
    }

    /// Takes back bytes that were claimed and did not come, for whoever claims next.
    pub fn requeue(&mut self, bytes: Range<u64>) {
        if !bytes.is_empty() {
            self.free.push_front(bytes);
        }
    }

    /// A connection is gone: what it owned and had not claimed is free for the others.
    pub fn release(&mut self, connection: usize) {
        if let Some(rest) = self.owned.get_mut(connection) {
            let rest = std::mem::replace(rest, 0..0);
            self.requeue(rest);
        }
    }

    /// Whether `connection` would find bytes without robbing another.
    pub fn has_free_for(&self, connection: usize) -> bool {
        let owns = self
            .owned
            .get(connection)
            .is_some_and(|own| !own.is_empty());
        owns || !self.free.is_empty()
    }

    /// Whether [`Self::claim`] would find bytes for `connection` now.
    pub fn has_work_for(&self, connection: usize) -> bool {
        let mut rest = self.owned.iter();
        self.has_free_for(connection) || rest.any(|rest| upper_half(rest, self.granule).is_some())
    }

    /// How many bytes nobody has claimed yet.
    pub fn unclaimed(&self) -> u64 {
        self.free
            .iter()
            .chain(&self.owned)
            .map(|span| span.end - span.start)
            .sum()
    }

    fn slowest_to_finish(&self, thief: usize, speed: impl Fn(usize) -> f64) -> Option<usize> {
        let seconds_left = |i: &usize| {
            let rest = &self.owned[*i];
            (rest.end - rest.start) as f64 / speed(*i).max(1.0)
        };
        (0..self.owned.len())
            .filter(|i| *i != thief)
            .filter(|i| upper_half(&self.owned[*i], self.granule).is_some())
            .max_by(|a, b| seconds_left(a).total_cmp(&seconds_left(b)))
    }
}

/// The upper half of `span`, cut at a whole granule counted from its start; `None` when the span
/// is too short to be worth splitting.
fn upper_half(span: &Range<u64>, granule: u64) -> Option<Range<u64>> {
    let len = span.end - span.start;
    if len < MIN_SPLIT || len <= granule {
        return None;
    }
    let keep = (len / 2).div_ceil(granule) * granule;
    Some(span.start + keep..span.end).filter(|half| !half.is_empty())
}

#[cfg(test)]
mod tests;
