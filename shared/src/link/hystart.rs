//! `HyStart` (Ha and Rhee 2008) as in the Linux kernel (`tcp_cubic.c`, `hystart_update`): detects
//! that slow start has reached the capacity of the path.
//!
//! Either of two signs is sufficient. Delay: the shortest round-trip time of a round has grown, so
//! a queue is building up. ACK train: acknowledgements have arrived without a gap for half of the
//! shortest round-trip time, so the data in flight fills half of the path and twice as much in the
//! next round will fill it.

use super::Ns;

/// Minimum window of the detection, in segments.
const MIN_CWND: u32 = 16;
/// Samples of a round before its shortest is used.
const MIN_SAMPLES: u32 = 8;
/// Bounds of the growth in round-trip time that indicates a queue, in nanoseconds.
const DELAY_GROWTH: [Ns; 2] = [4_000_000, 16_000_000];
/// Maximum gap between the acknowledgements of a train, in nanoseconds.
const MAX_ACK_GAP: Ns = 2_000_000;
/// Allowance of Linux for packets that are sent and received in batches (GSO, GRO), in nanoseconds.
const BATCHING_ALLOWANCE: Ns = 1_000_000;

/// State of the detection in this slow start.
#[derive(Debug, Clone, Default)]
pub(super) struct HyStart {
    round: Option<Round>,
    /// Slow start has ended; the detection is off.
    exited: bool,
}

/// A round ends when everything sent before its first acknowledgement is acknowledged.
#[derive(Debug, Clone)]
struct Round {
    end: u64,
    start: Ns,
    /// Arrival of the last acknowledgement of the train that began with the round.
    last_ack: Ns,
    shortest: Ns,
    samples: u32,
}

/// Progress of a sender in slow start, in segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct SlowStartProgress {
    pub(super) cwnd: u32,
    /// First segment that is not acknowledged.
    pub(super) una: u64,
    /// Next segment to send.
    pub(super) next: u64,
}

impl HyStart {
    /// Processes an acknowledgement that arrived `sample` after its segment was sent; `min` is the
    /// flow's shortest round-trip time. Returns true once, when slow start should end.
    pub(super) fn should_exit(
        &mut self,
        now: Ns,
        sample: Ns,
        min: Ns,
        progress: SlowStartProgress,
    ) -> bool {
        if self.exited {
            return false;
        }
        let is_over = |round: &Round| progress.una > round.end;
        let round = match &mut self.round {
            Some(round) if !is_over(round) => round,
            round => round.insert(Round {
                end: progress.next,
                start: now,
                last_ack: now,
                shortest: Ns::MAX,
                samples: 0,
            }),
        };
        if progress.cwnd >= MIN_CWND {
            let has_train = round.detect_ack_train(now, min);
            self.exited = round.detect_delay_increase(sample, min) || has_train;
        }
        self.exited
    }
}

impl Round {
    /// Detects an ACK train. Linux halves the threshold when the sender does not pace, which is the
    /// case on servers with the default queueing discipline. A train that was interrupted does not
    /// continue in the same round.
    fn detect_ack_train(&mut self, now: Ns, min: Ns) -> bool {
        if now - self.last_ack > MAX_ACK_GAP {
            return false;
        }
        self.last_ack = now;
        now - self.start > (min + BATCHING_ALLOWANCE) / 2
    }

    fn detect_delay_increase(&mut self, sample: Ns, min: Ns) -> bool {
        self.shortest = self.shortest.min(sample);
        if self.samples < MIN_SAMPLES {
            self.samples += 1;
            return false;
        }
        let [min_growth, max_growth] = DELAY_GROWTH;
        self.shortest > min + (min / 8).clamp(min_growth, max_growth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Ns = 1_000_000;

    /// Returns the number of acknowledgements of one round, `gap` apart and each after `sample`, at
    /// which slow start ends; `None` when it continues.
    fn acks(cwnd: u32, gap: Ns, sample: Ns, min: Ns) -> Option<u64> {
        let mut hystart = HyStart::default();
        let exits = |i: &u64| {
            let (una, next) = (1 + i, 100_000);
            hystart.should_exit(i * gap, sample, min, SlowStartProgress { cwnd, una, next })
        };
        (0..1000).find(exits)
    }

    #[test]
    fn ack_train_of_half_the_rtt_ends_slow_start() {
        // 80 ms plus the allowance of 1 ms, halved: 40.5 ms.
        assert_eq!(acks(40, MS / 2, 80 * MS, 80 * MS), Some(82));
        assert_eq!(acks(40, 2 * MS, 80 * MS, 80 * MS), Some(21));
    }

    #[test]
    fn interrupted_train_or_small_window_does_not_end_slow_start() {
        assert_eq!(acks(40, 2 * MS + 1, 80 * MS, 80 * MS), None);
        assert_eq!(acks(15, MS / 2, 80 * MS, 80 * MS), None);
        let mut hystart = HyStart::default();
        let exits = |i: u64| {
            let gap = if i < 10 { 0 } else { 3 * MS };
            let progress = SlowStartProgress {
                cwnd: 40,
                una: 1 + i,
                next: 100_000,
            };
            hystart.should_exit(i * MS + gap, 80 * MS, 80 * MS, progress)
        };
        assert!(
            !(0..200).any(exits),
            "one gap ends the train for the whole round"
        );
    }

    #[test]
    fn increased_delay_ends_slow_start() {
        assert_eq!(acks(40, 3 * MS, 90 * MS, 80 * MS), None);
        assert_eq!(acks(40, 3 * MS, 91 * MS, 80 * MS), Some(8));
    }
}
