//! The tail of a download, as the engine has it: when nothing can be stolen any more, what the
//! slowest-to-finish connection has on its way is *raced*. An idle one fetches it too, and what
//! comes first counts.

use super::super::Ns;
use super::Driver;
use crate::endgame;
use std::collections::VecDeque;
use std::ops::Range;

/// What a connection asked for and has not brought.
pub(super) struct PendingRequest {
    pub(super) bytes: Range<u64>,
    race: Option<usize>,
}

impl From<Range<u64>> for PendingRequest {
    fn from(bytes: Range<u64>) -> Self {
        Self { bytes, race: None }
    }
}

/// Everything that was raced so far.
#[derive(Default)]
pub(super) struct Duplicates(Vec<Race>);

/// Two connections bring the same bytes, each in order, so that what has come is what the faster one
/// has brought.
struct Race {
    missing: Range<u64>,
    runners: u8,
}

impl Duplicates {
    /// `count` bytes of what was asked for came. Returns how many of them had been missing.
    pub(super) fn came(&mut self, asked: &mut PendingRequest, count: u64) -> u64 {
        asked.bytes.start += count;
        let Some(race) = asked.race.map(|race| &mut self.0[race]) else {
            return count;
        };
        if asked.bytes.is_empty() {
            race.runners -= 1;
        }
        let new = asked.bytes.start.saturating_sub(race.missing.start);
        race.missing.start += new;
        new
    }

    /// A connection is lost that had asked for this. Returns what is on nobody's way any more.
    pub(super) fn drop(&mut self, asked: PendingRequest) -> Range<u64> {
        let Some(race) = asked.race.map(|race| &mut self.0[race]) else {
            return asked.bytes;
        };
        race.runners -= 1;
        match race.runners {
            0 => race.missing.clone(),
            _ => 0..0,
        }
    }

    fn missing(&self, asked: &PendingRequest) -> Range<u64> {
        let raced = asked.race.map_or(0, |race| self.0[race].missing.start);
        asked.bytes.start.max(raced)..asked.bytes.end
    }

    /// How much of it is missing as a client knows it: whole granules.
    fn left(&self, asked: &PendingRequest, granule: u64) -> u64 {
        let missing = self.missing(asked);
        if missing.is_empty() {
            return 0;
        }
        missing.end - missing.start / granule * granule
    }

    /// Whether another may be sent after this.
    fn is_free(&self, asked: &PendingRequest) -> bool {
        let alone = asked.race.is_none_or(|race| self.0[race].runners < 2);
        alone && !self.missing(asked).is_empty()
    }

    /// Sends another after `asked[place]` up to the byte `end`. It begins with a whole granule.
    fn begin(
        &mut self,
        asked: &mut VecDeque<PendingRequest>,
        place: usize,
        bytes: Range<u64>,
    ) -> Option<PendingRequest> {
        let first = asked.get_mut(place)?;
        let race = *first.race.get_or_insert(self.0.len());
        let rest = bytes.end..first.bytes.end;
        if race == self.0.len() {
            // What is beyond is not raced yet.
            first.bytes.end = bytes.end;
            let missing = first.bytes.clone();
            self.0.push(Race {
                missing,
                runners: 1,
            });
            if !rest.is_empty() {
                asked.insert(place + 1, rest.into());
            }
        }
        self.0[race].runners += 1;
        let race = Some(race);
        Some(PendingRequest { bytes, race })
    }
}

impl Driver<'_> {
    /// What connection `index`, which waits for nothing, should fetch although another has it on its
    /// way.
    pub(super) fn race(&mut self, now: Ns, index: usize) -> Option<PendingRequest> {
        if !endgame::has_spare_capacity(self.speed.at(now), self.speed.at_best()) {
            return None;
        }
        let granule = self.setup.granule.max(1);
        let mut worst: Option<(f64, usize, usize)> = None;
        for (other, connection) in self.connections.iter().enumerate() {
            let rest = self.segments.unclaimed_of(other);
            let free = connection
                .asked
                .iter()
                .position(|a| self.duplicates.is_free(a));
            let free = free.or((!rest.is_empty()).then_some(connection.asked.len()));
            let Some(place) = free.filter(|_| other != index) else {
                continue;
            };
            let asked: u64 = connection
                .asked
                .iter()
                .map(|a| self.duplicates.left(a, granule))
                .sum();
            let left = asked + (rest.end - rest.start);
            let secs = left as f64 / connection.speed.at(now).max(1.0);
            if worst.is_none_or(|(worst, ..)| secs > worst) {
                worst = Some((secs, other, place));
            }
        }
        let (secs, other, place) = worst?;
        let asked = self.connections[other].asked.get(place);
        let missing = asked.map_or_else(
            || self.segments.unclaimed_of(other),
            |asked| self.duplicates.missing(asked),
        );
        let start = missing.start / granule * granule;
        let bytes = endgame::span(start..missing.end, granule);
        let speeds = self
            .connections
            .iter()
            .map(|connection| connection.speed.at(now));
        let own = (bytes.end - bytes.start) as f64 / endgame::mean_speed(speeds).max(1.0);
        if !endgame::is_worthwhile(secs, own, endgame::MIN_TIME_LEFT) {
            return None;
        }
        self.outcome.duplicate_fetches += 1;
        if place < self.connections[other].asked.len() {
            let asked = &mut self.connections[other].asked;
            return self.duplicates.begin(asked, place, bytes);
        }
        // Too short to be split, and its owner comes to it last: who is faster has it.
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
    fn what_comes_twice_counts_once() {
        let (mut races, mut owner) = (
            Duplicates::default(),
            VecDeque::from([PendingRequest::from(130..500)]),
        );
        let mut runner = races.begin(&mut owner, 0, 100..300).unwrap();
        assert_eq!(
            (owner[0].bytes.clone(), owner[1].bytes.clone()),
            (130..300, 300..500)
        );
        assert!(!races.is_free(&owner[0]) && races.is_free(&owner[1]));
        assert_eq!(
            races.came(&mut runner, 30),
            0,
            "the owner brought it before"
        );
        assert_eq!(races.came(&mut runner, 70), 70);
        assert_eq!(races.came(&mut owner[0], 100), 30);
        assert_eq!(races.came(&mut runner, 100), 70);
        assert_eq!(races.came(&mut owner[0], 70), 0);
        assert_eq!(races.came(&mut owner[1], 200), 200);
    }

    #[test]
    fn what_the_last_runner_leaves_is_anybodys() {
        let (mut races, mut owner) = (
            Duplicates::default(),
            VecDeque::from([PendingRequest::from(0..100)]),
        );
        let mut runner = races.begin(&mut owner, 0, 0..100).unwrap();
        races.came(&mut runner, 40);
        assert!(races.drop(owner.remove(0).unwrap()).is_empty());
        assert!(races.is_free(&runner), "another may be sent after it");
        assert_eq!(races.drop(runner), 40..100);
        assert_eq!(races.drop(PendingRequest::from(7..9)), 7..9);
    }
}
