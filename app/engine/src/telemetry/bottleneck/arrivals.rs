//! Records when the bytes of one connection arrive, as bursts between pauses.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use super::facts::Burst;
use crate::sync::lock;

/// A pause longer than this begins a new burst.
const PAUSE: Duration = Duration::from_millis(5);
/// Most bursts that are kept; the oldest go.
const MAX_BURSTS: usize = 512;

/// The latest bursts of one connection.
#[derive(Default)]
pub(crate) struct Arrivals(Mutex<VecDeque<Burst>>);

impl Arrivals {
    /// Records that `bytes` arrived at the time `at` since the start.
    pub fn record(&self, at: Duration, bytes: u64) {
        let at = at.as_secs_f64();
        let mut bursts = lock(&self.0);
        match bursts.back_mut() {
            Some(last) if at - last.1 < PAUSE.as_secs_f64() => {
                (last.1, last.2) = (at.max(last.1), last.2 + bytes);
            }
            _ => {
                if bursts.len() == MAX_BURSTS {
                    bursts.pop_front();
                }
                bursts.push_back(Burst(at, at, bytes));
            }
        }
    }

    /// Returns the time of the last arrival, in seconds since the start.
    pub fn last(&self) -> Option<f64> {
        lock(&self.0).back().map(|burst| burst.1)
    }

    /// Returns the bursts that ended at the time `from` or later.
    pub fn since(&self, from: Duration) -> Vec<Burst> {
        let from = from.as_secs_f64();
        let bursts = lock(&self.0);
        let recent = bursts.iter().filter(|burst| burst.1 >= from);
        recent.copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_without_a_pause_are_one_burst_and_old_bursts_go() {
        let arrivals = Arrivals::default();
        for (millis, bytes) in [(10, 1), (13, 2), (16, 4), (40, 8)] {
            arrivals.record(Duration::from_millis(millis), bytes);
        }
        let bursts = arrivals.since(Duration::ZERO);
        assert_eq!(bursts, [Burst(0.010, 0.016, 7), Burst(0.040, 0.040, 8)]);
        assert_eq!(arrivals.since(Duration::from_millis(17)).len(), 1);
        for index in 0..2 * MAX_BURSTS as u64 {
            arrivals.record(Duration::from_millis(100 + 10 * index), 1);
        }
        assert_eq!(arrivals.since(Duration::ZERO).len(), MAX_BURSTS);
    }
}
