//! Segment planner: splits a file into one segment per connection and lets an idle connection steal
//! half of the remainder of the slowest.
//!
//! 1. The planner is pure. The engine calls it under a lock, the prediction in a simulation, the
//!    property tests at random: all three get the same results.
//! 2. A connection *claims* the next bytes of its segment before it requests them. Claimed bytes
//!    stay with their connection; only unclaimed bytes can be stolen. So every byte is requested
//!    exactly once.
//! 3. Boundaries fall on whole granules (packets), so a packet has one owner.

use std::collections::VecDeque;
use std::ops::Range;

/// Minimum length of a remainder that is split, in bytes (64 KiB). Splitting a shorter one would
/// save less time than the additional request costs.
pub const MIN_SPLIT: u64 = 64 * 1024;

/// Returns segment `index` of `count` equal ones, as a byte range of a file of `len` bytes split at
/// whole granules.
///
/// Client and server compute the same range, so a client can request its segment before it knows
/// the length of the file. The range is empty when there are more segments than granules or `index`
/// is not below `count`.
///
/// ```
/// use lanes_shared::segments::equal_segment;
///
/// // Ten packets of 100 bytes, the last one shorter, over three connections.
/// assert_eq!(equal_segment(950, 100, 0, 3), 0..300);
/// assert_eq!(equal_segment(950, 100, 1, 3), 300..600);
/// assert_eq!(equal_segment(950, 100, 2, 3), 600..950);
/// ```
pub fn equal_segment(len: u64, granule: u64, index: u64, count: u64) -> Range<u64> {
    let granules = len.div_ceil(granule.max(1));
    // 128 bits, because granules × index may exceed 2^64.
    let cut = |i: u64| {
        let at = u128::from(granules) * u128::from(i.min(count)) / u128::from(count.max(1));
        (at as u64).saturating_mul(granule.max(1)).min(len)
    };
    cut(index)..cut(index + 1)
}

/// Bytes that a connection may request next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Byte range of the file.
    pub bytes: Range<u64>,
    /// Connection that the bytes were stolen from, if this claim began with a steal.
    pub stolen_from: Option<usize>,
}

/// Segments of one download.
///
/// ```
/// use lanes_shared::segments::Segments;
///
/// const MIB: u64 = 1 << 20;
/// let mut segments = Segments::equal(8 * MIB, 64 * 1024, 2);
///
/// // Connection 0 fetches its own half in two requests.
/// let same_speed = |_: usize| 1.0;
/// assert_eq!(segments.claim(0, MIB, same_speed).unwrap().bytes, 0..MIB);
/// assert_eq!(segments.claim_own(0, u64::MAX), Some(MIB..4 * MIB));
///
/// // Then it steals the upper half of connection 1's segment.
/// let claim = segments.claim(0, u64::MAX, same_speed).unwrap();
/// assert_eq!((claim.bytes, claim.stolen_from), (6 * MIB..8 * MIB, Some(1)));
/// assert_eq!(segments.unclaimed_of(1), 4 * MIB..6 * MIB);
/// ```
#[derive(Debug, Clone)]
pub struct Segments {
    granule: u64,
    /// Ranges without an owner.
    free: VecDeque<Range<u64>>,
    /// The unclaimed rest of the segment that each connection owns.
    owned: Vec<Range<u64>>,
}

impl Segments {
    /// Splits a file of `len` bytes into `connections` equal segments.
    pub fn equal(len: u64, granule: u64, connections: usize) -> Self {
        Self::with_lead(len, granule, connections, 1)
    }

    /// Splits a file of `len` bytes into `connections` segments, the first `lead` times as long as
    /// the others.
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

    /// Splits the gaps of a partial file so that each of `connections` has work.
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

    /// Claims up to `limit` bytes (at least one granule) of the segment that `connection` owns.
    /// `None` when nothing of it is unclaimed.
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

    /// Claims up to `limit` bytes for `connection`: from its own segment, else from the free
    /// ranges, else from the upper half of the remainder of the connection that would finish last.
    ///
    /// `speed` returns the speed of a connection in bytes per second; one that receives nothing is
    /// the first victim. `None` when no remaining segment is long enough to be split.
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

    /// Makes sure that `connection` owns unclaimed bytes: its own segment, else a free range, else
    /// the upper half of the remainder of the connection that would finish last. `max_steal`
    /// returns the most that is worth stealing from that connection, given its index and the bytes
    /// it has left.
    ///
    /// Returns `None` when there is nothing to assign, else the victim of the steal, if any.
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

    /// Returns the unclaimed bytes that `connection` owns; an empty range when there are none.
    pub fn unclaimed_of(&self, connection: usize) -> Range<u64> {
        self.owned.get(connection).cloned().unwrap_or(0..0)
    }

    /// Iterates over the ranges without an owner.
    pub fn free(&self) -> impl Iterator<Item = &Range<u64>> {
        self.free.iter()
    }

    /// Assigns the range that begins at `at` to `connection`, which owns nothing: its open response
    /// already continues there. The range must be free, or the complete segment of another
    /// connection that `is_untouched`. Returns whether `connection` owns bytes now.
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
            Some(index) => self.free.remove(index),
            None => (0..self.owned.len())
                .find(|other| begins(&self.owned[*other]) && is_untouched(*other))
                .map(|other| std::mem::replace(&mut self.owned[other], 0..0)),
        };
        self.owned[connection] = span.unwrap_or(0..0);
        !self.owned[connection].is_empty()
    }

    /// Claims up to `limit` bytes for `connection` from its own segment or a free range; it never
    /// steals.
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

    /// Returns claimed bytes that were not received, for the next connection that needs work.
    pub fn requeue(&mut self, bytes: Range<u64>) {
        if !bytes.is_empty() {
            self.free.push_front(bytes);
        }
    }

    /// Returns the `bytes` that `connection` claimed last and did not receive. It owns them as before, if the
    /// rest of its segment follows them.
    pub fn give_back(&mut self, connection: usize, bytes: Range<u64>) {
        match self.owned.get_mut(connection) {
            Some(rest) if rest.start == bytes.end && !rest.is_empty() => rest.start = bytes.start,
            Some(rest) if rest.is_empty() => *rest = bytes,
            _ => self.requeue(bytes),
        }
    }

    /// Frees the unclaimed bytes of a connection that has ended.
    pub fn release(&mut self, connection: usize) {
        if let Some(rest) = self.owned.get_mut(connection) {
            let rest = std::mem::replace(rest, 0..0);
            self.requeue(rest);
        }
    }

    /// Returns whether `connection` has work without stealing.
    pub fn has_free_for(&self, connection: usize) -> bool {
        let owns = self
            .owned
            .get(connection)
            .is_some_and(|own| !own.is_empty());
        owns || !self.free.is_empty()
    }

    /// Returns whether [`Self::claim`] would find bytes for `connection`.
    pub fn has_work_for(&self, connection: usize) -> bool {
        let mut rest = self.owned.iter();
        self.has_free_for(connection) || rest.any(|rest| upper_half(rest, self.granule).is_some())
    }

    /// Returns the number of unclaimed bytes.
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

/// Returns the upper half of `span`, split at a whole granule counted from its start; `None` when
/// the span is too short to be worth splitting.
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
