//! `HyStart` (Ha and Rhee 2008), as the Linux kernel has it (`tcp_cubic.c`, `hystart_update`): when
//! slow start has found how much the path holds.
//!
//! Two signs, either is enough: the shortest of a round's round trips has grown, so a queue stands;
//! or acknowledgements keep coming without a gap for half of the shortest round trip, so what is in
//! flight fills half of the path, and twice that in the next round will fill it.

use super::Ns;

/// Below this window, in segments, nobody looks.
const FROM: u32 = 16;
/// So many samples of a round are taken before its shortest is trusted.
const SAMPLES: u32 = 8;
/// By how much a round trip must have grown, in nanoseconds, at least and at most.
const GROWTH: [Ns; 2] = [4_000_000, 16_000_000];
/// Acknowledgements no further apart than this are a train, in nanoseconds.
const TRAIN_GAP: Ns = 2_000_000;
/// What Linux allows for packets that are sent and received in bundles, in nanoseconds.
const BUNDLES: Ns = 1_000_000;

/// What is known of this slow start.
#[derive(Debug, Clone, Default)]
pub(super) struct HyStart {
    round: Option<Round>,
    /// Slow start has been left. It is not looked for again.
    found: bool,
}

/// One round: from an acknowledgement until what was sent by then is acknowledged.
#[derive(Debug, Clone)]
struct Round {
    end: u64,
    begun: Ns,
    /// When the last acknowledgement of the train that began with the round came.
    last: Ns,
    shortest: Ns,
    samples: u32,
}

/// Where a sender in slow start stands, in segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    pub(super) cwnd: u32,
    /// The first segment not yet acknowledged.
    pub(super) una: u64,
    /// The next segment to send.
    pub(super) next: u64,
}

impl HyStart {
    /// An acknowledgement came `sample` after its segment was sent; `min` is this flow's shortest
    /// round trip. Says, once, whether to leave slow start.
    pub(super) fn leave(&mut self, now: Ns, sample: Ns, min: Ns, progress: Progress) -> bool {
        if self.found {
            return false;
        }
        let over = |round: &Round| progress.una > round.end;
        let round = match &mut self.round {
            Some(round) if !over(round) => round,
            round => round.insert(Round {
                end: progress.next,
                begun: now,
                last: now,
                shortest: Ns::MAX,
                samples: 0,
            }),
        };
        if progress.cwnd >= FROM {
            let fills = round.train_fills(now, min);
            self.found = round.queue_stands(sample, min) || fills;
        }
        self.found
    }
}

impl Round {
    /// Linux halves the time where the sender does not pace itself, as servers do that have the
    /// usual queue discipline. A train that broke off stays broken for the round.
    fn train_fills(&mut self, now: Ns, min: Ns) -> bool {
        if now - self.last > TRAIN_GAP {
            return false;
        }
        self.last = now;
        now - self.begun > (min + BUNDLES) / 2
    }

    fn queue_stands(&mut self, sample: Ns, min: Ns) -> bool {
        self.shortest = self.shortest.min(sample);
        if self.samples < SAMPLES {
            self.samples += 1;
            return false;
        }
        let [least, most] = GROWTH;
        self.shortest > min + (min / 8).clamp(least, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Ns = 1_000_000;

    /// How many acknowledgements of one round come, `gap` apart and all after `sample`, until slow
    /// start is left; `None` when it is not.
    fn acks(cwnd: u32, gap: Ns, sample: Ns, min: Ns) -> Option<u64> {
        let mut hystart = HyStart::default();
        let left = |i: &u64| {
            let (una, next) = (1 + i, 100_000);
            hystart.leave(i * gap, sample, min, Progress { cwnd, una, next })
        };
        (0..1000).find(left)
    }

    #[test]
    fn a_train_as_long_as_half_the_path_ends_slow_start() {
        // 80 ms and half of the millisecond for bundles: 40.5 ms.
        assert_eq!(acks(40, MS / 2, 80 * MS, 80 * MS), Some(82));
        assert_eq!(acks(40, 2 * MS, 80 * MS, 80 * MS), Some(21));
    }

    #[test]
    fn a_train_that_breaks_off_or_a_small_window_does_not() {
        assert_eq!(acks(40, 2 * MS + 1, 80 * MS, 80 * MS), None);
        assert_eq!(acks(15, MS / 2, 80 * MS, 80 * MS), None);
        let mut hystart = HyStart::default();
        let left = |i: u64| {
            let pause = if i < 10 { 0 } else { 3 * MS };
            let progress = Progress {
                cwnd: 40,
                una: 1 + i,
                next: 100_000,
            };
            hystart.leave(i * MS + pause, 80 * MS, 80 * MS, progress)
        };
        assert!(!(0..200).any(left), "one gap is enough for the whole round");
    }

    #[test]
    fn a_queue_that_stands_ends_slow_start() {
        assert_eq!(acks(40, 3 * MS, 90 * MS, 80 * MS), None);
        assert_eq!(acks(40, 3 * MS, 91 * MS, 80 * MS), Some(8));
    }
}
