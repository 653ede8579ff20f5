//! Ring buffer of the send rate and the bottleneck queue.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use lanes_server::Stats;

/// Maximum number of samples.
const KEPT: usize = 480;
/// Minimum interval between samples.
const APART: Duration = Duration::from_millis(250);
/// Time span of a graph, in seconds.
pub(super) const SPAN_SECS: f64 = 120.0;

/// A sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// Time since the first sample, in seconds.
    pub at_secs: f64,
    /// File bytes per second written to all sockets since the previous sample.
    pub bytes_per_sec: f64,
    /// Bytes queued before the bottlenecks of all emulated links.
    pub queue_bytes: f64,
}

/// The samples of the last minutes.
#[derive(Default)]
pub(super) struct History {
    samples: VecDeque<Sample>,
    /// Times of the first and the last sample, and the bytes sent by the last.
    clock: Option<(Instant, Instant, u64)>,
}

impl History {
    /// Adds a sample, unless the last one is too recent. Idle periods are stored as two samples.
    pub(super) fn push(&mut self, stats: &Stats) {
        self.push_at(Instant::now(), stats);
    }

    fn push_at(&mut self, now: Instant, stats: &Stats) {
        let (first, last, sent) = *self.clock.get_or_insert((now, now, stats.sent_bytes));
        let since = now.saturating_duration_since(last);
        if since < APART {
            return;
        }
        let bytes = stats.sent_bytes.saturating_sub(sent);
        let queue: u64 = stats.links.iter().map(|link| link.queue_bytes).sum();
        let bytes_per_sec = bytes as f64 / since.as_secs_f64();
        let at_secs = now.saturating_duration_since(first).as_secs_f64();
        let rests = |sample: &Sample| sample.bytes_per_sec <= 0.0 && sample.queue_bytes <= 0.0;
        let sample = Sample {
            at_secs,
            bytes_per_sec,
            queue_bytes: queue as f64,
        };
        self.clock = Some((first, now, stats.sent_bytes));
        // The first and the last sample of an idle period suffice.
        let place = self.samples.len();
        let long_rest = place > 1 && self.samples.range(place - 2..).all(rests) && rests(&sample);
        if long_rest {
            self.samples.pop_back();
        }
        if self.samples.len() == KEPT {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// Iterates over the samples of the last [`SPAN_SECS`], each with its age in seconds.
    pub(super) fn recent(&self) -> impl Iterator<Item = (f64, &Sample)> {
        let newest = self.samples.back().map_or(0.0, |sample| sample.at_secs);
        let ago = move |sample: &Sample| newest - sample.at_secs;
        let all = self.samples.iter().map(move |sample| (ago(sample), sample));
        all.filter(|(ago, _)| *ago <= SPAN_SECS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(bytes: u64) -> Stats {
        Stats {
            sent_bytes: bytes,
            ..Stats::default()
        }
    }

    #[test]
    fn rates_are_averages_between_samples_and_memory_is_bounded() {
        let mut history = History::default();
        let begin = Instant::now();
        for half in 0..2000 {
            let at = begin + Duration::from_millis(500) * half;
            history.push_at(at, &sent(u64::from(half) * 1000));
            history.push_at(at + Duration::from_millis(1), &sent(u64::MAX));
        }
        assert_eq!(history.samples.len(), KEPT);
        let recent: Vec<_> = history.recent().collect();
        assert_eq!(recent.len(), 241, "two minutes, both ends");
        assert!(recent.iter().all(|(_, one)| one.bytes_per_sec == 2000.0));
        assert_eq!(recent.last().unwrap().0, 0.0);
    }

    #[test]
    fn an_idle_period_takes_two_samples() {
        let mut history = History::default();
        let begin = Instant::now();
        for second in 0..1000 {
            let at = begin + Duration::from_secs(1) * second;
            history.push_at(at, &sent(u64::from(second.min(1))));
        }
        let rates: Vec<f64> = history
            .samples
            .iter()
            .map(|one| one.bytes_per_sec)
            .collect();
        assert_eq!(rates, [1.0, 0.0, 0.0]);
    }
}
