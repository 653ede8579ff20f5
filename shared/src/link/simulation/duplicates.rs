//! Duplicate fetches, as in the engine's endgame: when no segment is left to steal, an idle
//! connection also fetches a pending request of the connection that would finish last, and the
//! first copy counts.

use super::super::Ns;
use super::Driver;
use crate::endgame;
use std::collections::VecDeque;
use std::ops::Range;

/// A request of a connection, reduced to the bytes it has not received.
pub(super) struct PendingRequest {
    pub(super) bytes: Range<u64>,
    duplicate: Option<usize>,
}

impl From<Range<u64>> for PendingRequest {
    fn from(bytes: Range<u64>) -> Self {
        Self {
            bytes,
            duplicate: None,
        }
    }
}

/// All spans that were fetched in duplicate so far.
#[derive(Default)]
pub(super) struct Duplicates(Vec<DuplicateFetch>);

/// A span fetched over two connections. Each delivers it in order, so the bytes received are those
/// of the faster one.
struct DuplicateFetch {
    missing: Range<u64>,
    fetchers: u8,
}

impl Duplicates {
    /// Records that `count` bytes of a request were received. Returns the number of them that had
    /// been missing.
    pub(super) fn on_received(&mut self, request: &mut PendingRequest, count: u64) -> u64 {
        request.bytes.start += count;
        let Some(duplicate) = request.duplicate.map(|index| &mut self.0[index]) else {
            return count;
        };
        if request.bytes.is_empty() {
            duplicate.fetchers -= 1;
        }
        let new = request.bytes.start.saturating_sub(duplicate.missing.start);
        duplicate.missing.start += new;
        new
    }

    /// Drops the request of a lost connection. Returns the bytes that no other connection is
    /// fetching.
    pub(super) fn abandon(&mut self, request: PendingRequest) -> Range<u64> {
        let Some(duplicate) = request.duplicate.map(|index| &mut self.0[index]) else {
            return request.bytes;
        };
        duplicate.fetchers -= 1;
        match duplicate.fetchers {
            0 => duplicate.missing.clone(),
            _ => 0..0,
        }
    }

    fn missing(&self, request: &PendingRequest) -> Range<u64> {
        let received = request
            .duplicate
            .map_or(0, |index| self.0[index].missing.start);
        request.bytes.start.max(received)..request.bytes.end
    }

    /// Returns the missing bytes of a request as a client counts them: in whole granules.
    fn left(&self, request: &PendingRequest, granule: u64) -> u64 {
        let missing = self.missing(request);
        if missing.is_empty() {
            return 0;
        }
        missing.end - missing.start / granule * granule
    }

    /// Returns whether another connection may fetch this request too.
    fn can_duplicate(&self, request: &PendingRequest) -> bool {
        let alone = request
            .duplicate
            .is_none_or(|index| self.0[index].fetchers < 2);
        alone && !self.missing(request).is_empty()
    }

    /// Starts a duplicate fetch of request `index` of `pending`. It covers `bytes`, the start of
    /// that request from a whole granule on.
    fn start(
        &mut self,
        pending: &mut VecDeque<PendingRequest>,
        index: usize,
        bytes: Range<u64>,
    ) -> Option<PendingRequest> {
        let first = pending.get_mut(index)?;
        let duplicate = *first.duplicate.get_or_insert(self.0.len());
        let rest = bytes.end..first.bytes.end;
        if duplicate == self.0.len() {
            // The rest becomes a request of its own, without a duplicate.
            first.bytes.end = bytes.end;
            let missing = first.bytes.clone();
            self.0.push(DuplicateFetch {
                missing,
                fetchers: 1,
            });
            if !rest.is_empty() {
                pending.insert(index + 1, rest.into());
            }
        }
        self.0[duplicate].fetchers += 1;
        let duplicate = Some(duplicate);
        Some(PendingRequest { bytes, duplicate })
    }
}

impl Driver<'_> {
    /// Selects a pending request of another connection for the idle connection `index` to
    /// duplicate.
    pub(super) fn duplicate_fetch(&mut self, now: Ns, index: usize) -> Option<PendingRequest> {
        if !endgame::has_spare_capacity(self.speed.at(now), self.speed.max()) {
            return None;
        }
        let granule = self.setup.granule.max(1);
        let mut slowest: Option<(f64, usize, usize)> = None;
        for (other, connection) in self.connections.iter().enumerate() {
            let rest = self.segments.unclaimed_of(other);
            let free = connection
                .pending
                .iter()
                .position(|request| self.duplicates.can_duplicate(request));
            let free = free.or((!rest.is_empty()).then_some(connection.pending.len()));
            let Some(position) = free.filter(|_| other != index) else {
                continue;
            };
            let requested: u64 = connection
                .pending
                .iter()
                .map(|request| self.duplicates.left(request, granule))
                .sum();
            let left = requested + (rest.end - rest.start);
            let secs = left as f64 / connection.speed.at(now).max(1.0);
            if slowest.is_none_or(|(slowest, ..)| secs > slowest) {
                slowest = Some((secs, other, position));
            }
        }
        let (secs, other, position) = slowest?;
        let request = self.connections[other].pending.get(position);
        let missing = request.map_or_else(
            || self.segments.unclaimed_of(other),
            |request| self.duplicates.missing(request),
        );
        let start = missing.start / granule * granule;
        let bytes = endgame::span(start..missing.end, granule);
        let speeds = self
            .connections
            .iter()
            .map(|connection| connection.speed.at(now));
        let helper_secs = (bytes.end - bytes.start) as f64 / endgame::mean_speed(speeds).max(1.0);
        if !endgame::is_worthwhile(secs, helper_secs, endgame::MIN_TIME_LEFT) {
            return None;
        }
        self.outcome.duplicate_fetches += 1;
        if position < self.connections[other].pending.len() {
            let pending = &mut self.connections[other].pending;
            return self.duplicates.start(pending, position, bytes);
        }
        // The segment is too short to be split and its owner fetches it last, so the idle
        // connection takes all of it.
        self.segments.release(other);
        self.segments
            .claim_free(index, endgame::MAX_SPAN)
            .map(PendingRequest::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_received_twice_count_once() {
        let (mut duplicates, mut owner) = (
            Duplicates::default(),
            VecDeque::from([PendingRequest::from(130..500)]),
        );
        let mut helper = duplicates.start(&mut owner, 0, 100..300).unwrap();
        assert_eq!(
            (owner[0].bytes.clone(), owner[1].bytes.clone()),
            (130..300, 300..500)
        );
        assert!(!duplicates.can_duplicate(&owner[0]) && duplicates.can_duplicate(&owner[1]));
        assert_eq!(
            duplicates.on_received(&mut helper, 30),
            0,
            "the owner had received them before"
        );
        assert_eq!(duplicates.on_received(&mut helper, 70), 70);
        assert_eq!(duplicates.on_received(&mut owner[0], 100), 30);
        assert_eq!(duplicates.on_received(&mut helper, 100), 70);
        assert_eq!(duplicates.on_received(&mut owner[0], 70), 0);
        assert_eq!(duplicates.on_received(&mut owner[1], 200), 200);
    }

    #[test]
    fn bytes_left_by_the_last_fetcher_are_requeued() {
        let (mut duplicates, mut owner) = (
            Duplicates::default(),
            VecDeque::from([PendingRequest::from(0..100)]),
        );
        let mut helper = duplicates.start(&mut owner, 0, 0..100).unwrap();
        duplicates.on_received(&mut helper, 40);
        assert!(duplicates.abandon(owner.remove(0).unwrap()).is_empty());
        assert!(
            duplicates.can_duplicate(&helper),
            "a second connection may fetch it again"
        );
        assert_eq!(duplicates.abandon(helper), 40..100);
        assert_eq!(duplicates.abandon(PendingRequest::from(7..9)), 7..9);
    }
}
