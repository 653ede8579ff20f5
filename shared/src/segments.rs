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
pub fn share(len: u64, granule: u64, index: u64, of: u64) -> Range<u64> {
    let granules = len.div_ceil(granule.max(1));
    // 128 bits, because granules × of may pass 2^64.
    let cut = |i: u64| {
        let at = u128::from(granules) * u128::from(i.min(of)) / u128::from(of.max(1));
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
    rest: Vec<Range<u64>>,
}

impl Segments {
    /// A whole file of `len` bytes in `connections` equal segments.
    pub fn equal(len: u64, granule: u64, connections: usize) -> Self {
        Self::with_lead(len, granule, connections, 1)
    }

    /// A whole file of `len` bytes in segments for so many connections, of which the first is `lead`
    /// times as long as the others.
    pub fn with_lead(len: u64, granule: u64, connections: usize, lead: u64) -> Self {
        let of = connections as u64 + lead - 1;
        let part = |index| share(len, granule, index, of);
        let first = 0..part(lead - 1).end;
        let rest = std::iter::once(first)
            .chain((lead..of).map(part))
            .take(connections)
            .collect();
        Self {
            granule: granule.max(1),
            free: VecDeque::new(),
            rest,
        }
    }

    /// The gaps of a file that is partly there, cut so that each of `connections` finds work.
    ///
    /// `missing` must be sorted, without overlaps, and start at whole granules.
    pub fn of_gaps(missing: Vec<Range<u64>>, granule: u64, connections: usize) -> Self {
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
            rest: vec![0..0; connections],
        }
    }

    /// Claims up to `limit` bytes (at least one granule) of the segment that `connection` owns;
    /// never another's. `None` when nothing of it is left.
    pub fn claim_own(&mut self, connection: usize, limit: u64) -> Option<Range<u64>> {
        let rest = self
            .rest
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
        let stolen_from = self.own(connection, speed, |_, rest| rest)?;
        let bytes = self.claim_own(connection, limit)?;
        Some(Claim { bytes, stolen_from })
    }

    /// Makes sure that `connection` owns bytes that are not claimed: its own segment, else what
    /// nobody owns, else the upper half of what the slowest-to-finish connection has left, or as much
    /// of it as is `worth` taking from that connection with so many bytes left. `None` when there are
    /// none, else whom they were stolen from.
    pub fn own(
        &mut self,
        connection: usize,
        speed: impl Fn(usize) -> f64,
        worth: impl Fn(usize, u64) -> u64,
    ) -> Option<Option<usize>> {
        if self.own_free(connection) {
            return Some(None);
        }
        let victim = self.slowest_to_finish(connection, speed)?;
        let mut part = upper_half(&self.rest[victim], self.granule)?;
        let worth = worth(victim, self.rest[victim].end - self.rest[victim].start);
        let spared = (part.end - part.start).saturating_sub(worth);
        part.start += spared.div_ceil(self.granule) * self.granule;
        if part.is_empty() {
            return None;
        }
        self.rest[victim].end = part.start;
        self.rest[connection] = part;
        Some(Some(victim))
    }

    /// What `connection` owns and has not claimed; empty for nothing.
    pub fn rest_of(&self, connection: usize) -> Range<u64> {
        self.rest.get(connection).cloned().unwrap_or(0..0)
    }

    /// What nobody owns.
    pub fn free(&self) -> impl Iterator<Item = &Range<u64>> {
        self.free.iter()
    }

    /// Gives `connection`, which owns nothing, the bytes that begin at `at`: a connection that brings
    /// more than it was asked for goes on there. They must be nobody's, or the whole segment of
    /// another that `has_not_begun`. Returns whether there are any.
    pub fn go_on_at(
        &mut self,
        connection: usize,
        at: u64,
        has_not_begun: impl Fn(usize) -> bool,
    ) -> bool {
        if connection >= self.rest.len() {
            self.rest.resize(connection + 1, 0..0);
        }
        if !self.rest[connection].is_empty() {
            return false;
        }
        let begins = |span: &Range<u64>| span.start == at && !span.is_empty();
        let span = match self.free.iter().position(begins) {
            Some(place) => self.free.remove(place),
            None => (0..self.rest.len())
                .find(|other| begins(&self.rest[*other]) && has_not_begun(*other))
                .map(|other| std::mem::replace(&mut self.rest[other], 0..0)),
        };
        self.rest[connection] = span.unwrap_or(0..0);
        !self.rest[connection].is_empty()
    }

    /// Claims up to `limit` bytes for `connection`: of its own segment, else of what nobody owns;
    /// never another's.
    pub fn claim_free(&mut self, connection: usize, limit: u64) -> Option<Range<u64>> {
        self.own_free(connection)
            .then(|| self.claim_own(connection, limit))?
    }

    fn own_free(&mut self, connection: usize) -> bool {
        if connection >= self.rest.len() {
            self.rest.resize(connection + 1, 0..0);
        }
        if self.rest[connection].is_empty()
            && let Some(span) = self.free.pop_front()
        {
            self.rest[connection] = span;
        }
        !self.rest[connection].is_empty()
    }

    /// Takes back bytes that were claimed and did not come, for whoever claims next.
    pub fn give_back(&mut self, bytes: Range<u64>) {
        if !bytes.is_empty() {
            self.free.push_front(bytes);
        }
    }

    /// A connection is gone: what it owned and had not claimed is free for the others.
    pub fn release(&mut self, connection: usize) {
        if let Some(rest) = self.rest.get_mut(connection) {
            let rest = std::mem::replace(rest, 0..0);
            self.give_back(rest);
        }
    }

    /// Whether `connection` would find bytes without robbing another.
    pub fn has_free_for(&self, connection: usize) -> bool {
        let owns = self.rest.get(connection).is_some_and(|own| !own.is_empty());
        owns || !self.free.is_empty()
    }

    /// Whether [`Self::claim`] would find bytes for `connection` now.
    pub fn has_work_for(&self, connection: usize) -> bool {
        let mut rest = self.rest.iter();
        self.has_free_for(connection) || rest.any(|rest| upper_half(rest, self.granule).is_some())
    }

    /// How many bytes nobody has claimed yet.
    pub fn unclaimed(&self) -> u64 {
        self.free
            .iter()
            .chain(&self.rest)
            .map(|span| span.end - span.start)
            .sum()
    }

    fn slowest_to_finish(&self, thief: usize, speed: impl Fn(usize) -> f64) -> Option<usize> {
        let seconds_left = |i: &usize| {
            let rest = &self.rest[*i];
            (rest.end - rest.start) as f64 / speed(*i).max(1.0)
        };
        (0..self.rest.len())
            .filter(|i| *i != thief)
            .filter(|i| upper_half(&self.rest[*i], self.granule).is_some())
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same_speed(_: usize) -> f64 {
        1.0
    }

    #[test]
    fn shares_are_equal_and_tile() {
        assert_eq!(share(100, 10, 0, 3), 0..30);
        assert_eq!(share(100, 10, 2, 3), 60..100);
        assert_eq!(share(10, 4, 63, 64), 8..10);
        assert_eq!(share(10, 4, 0, 64), 0..0);
        assert_eq!(share(10, 4, 64, 64), 10..10);
    }

    #[test]
    fn the_first_can_have_a_lead() {
        let segments = Segments::with_lead(100, 10, 4, 2);
        let rests: Vec<_> = (0..4).map(|index| segments.rest_of(index)).collect();
        assert_eq!(rests, [0..40, 40..60, 60..80, 80..100]);
        assert_eq!(Segments::with_lead(100, 10, 1, 2).rest_of(0), 0..100);
    }

    #[test]
    fn a_thief_takes_no_more_than_is_worth_it() {
        let mut segments = Segments::equal(10_000_000, 1000, 1);
        assert_eq!(segments.own(1, same_speed, |_, _| 500), None);
        let worth = |victim: usize, rest: u64| {
            assert_eq!((victim, rest), (0, 10_000_000));
            1_000_500
        };
        assert_eq!(segments.own(1, same_speed, worth), Some(Some(0)));
        let rests = (segments.rest_of(0), segments.rest_of(1));
        assert_eq!(rests, (0..9_000_000, 9_000_000..10_000_000));
    }

    #[test]
    fn a_thief_takes_half_of_the_slowest_to_finish_not_of_the_longest() {
        let mut segments = Segments::equal(30_000_000, 1000, 3);
        while segments.claim_own(0, 1_000_000).is_some() {}
        segments.claim_own(1, 5_000_000).unwrap();
        // 1 has half as much left as 2, but is ten times slower.
        let claim = segments
            .claim(0, 1000, |i| if i == 1 { 1.0e5 } else { 1.0e6 })
            .unwrap();
        assert_eq!(
            claim,
            Claim {
                bytes: 17_500_000..17_501_000,
                stolen_from: Some(1)
            }
        );
    }

    #[test]
    fn what_a_lost_connection_owned_goes_to_the_next() {
        let mut segments = Segments::equal(1_000_000, 1000, 2);
        let lost = segments.claim_own(1, 10_000).unwrap();
        segments.release(1);
        segments.give_back(lost.clone());
        while segments.claim_own(0, u64::MAX).is_some() {}
        let claim = segments.claim(0, u64::MAX, same_speed).unwrap();
        assert_eq!(
            claim,
            Claim {
                bytes: lost,
                stolen_from: None
            }
        );
    }

    #[test]
    fn a_short_tail_stays_with_its_owner() {
        let mut segments = Segments::equal(MIN_SPLIT - 1, 128, 1);
        assert_eq!(segments.claim(1, 128, same_speed), None);
    }

    proptest! {
        /// Whatever the order of claims, losses and thefts: every byte is claimed once and only once.
        #[test]
        fn segments_tile_the_file(
            len in 0u64..3_000_000,
            granule in 1u64..70_000,
            connections in 1usize..65,
            gaps in any::<bool>(),
            steps in prop::collection::vec((0usize..70, 1u64..300_000, 0u8..10), 0..200),
        ) {
            let mut segments = if gaps {
                let middle = (len / 3).div_ceil(granule) * granule;
                let missing = vec![0..middle.min(len), middle.min(len)..len];
                Segments::of_gaps(missing, granule, connections)
            } else {
                Segments::equal(len, granule, connections)
            };
            prop_assert_eq!(segments.unclaimed(), len);
            let mut received: Vec<Range<u64>> = Vec::new();
            let mut owed = len;
            for (connection, limit, kind) in steps {
                match kind {
                    0 => segments.release(connection),
                    2 => {
                        segments.go_on_at(connection, limit / granule * granule, |i| i % 2 == 0);
                    }
                    1 => if let Some(claim) = segments.claim(connection, limit, |i| i as f64) {
                        // The first half came, the rest is given back at a granule.
                        let half = (claim.bytes.start + limit / 2 / granule * granule).min(claim.bytes.end);
                        received.push(claim.bytes.start..half);
                        segments.give_back(half..claim.bytes.end);
                    },
                    _ => {
                        let has_work = segments.has_work_for(connection);
                        let claim = segments.claim(connection, limit, |i| i as f64);
                        prop_assert_eq!(has_work, claim.is_some());
                        let Some(claim) = claim else { continue };
                        prop_assert!(claim.bytes.end - claim.bytes.start <= limit.max(granule));
                        received.push(claim.bytes);
                    }
                }
                owed = len - received.iter().map(|r| r.end - r.start).sum::<u64>();
                prop_assert_eq!(segments.unclaimed(), owed);
            }
            for connection in 0..70 {
                segments.release(connection);
            }
            while let Some(claim) = segments.claim(0, u64::MAX, same_speed) {
                owed -= claim.bytes.end - claim.bytes.start;
                received.push(claim.bytes);
            }
            prop_assert_eq!(owed, 0);
            received.retain(|r| !r.is_empty());
            received.sort_by_key(|r| r.start);
            let mut at = 0;
            for range in received {
                prop_assert_eq!(range.start, at);
                prop_assert_eq!(range.start % granule, 0);
                at = range.end;
            }
            prop_assert_eq!(at, len);
        }
    }
}
