//! Detection of a policer: a path that loses much and delivers at the same rate in two intervals in
//! a row drops what exceeds that rate, and the sender uses it instead of probing.

use super::delivery_rate::RateSampler;
use crate::link::{Ns, secs};

/// Shortest interval of a measurement, in round trips.
const MIN_ROUNDS: u32 = 4;
/// Interval after which a measurement is discarded, in round trips.
const MAX_ROUNDS: u32 = 4 * MIN_ROUNDS;
/// Share of lost segments that indicates a policer.
const LOSS_SHARE: f64 = 50.0 / 256.0;
/// Relative difference of two rates that are the same …
const RATE_TOLERANCE: f64 = 1.0 / 8.0;
/// … and the absolute one, in segments per second (4 kbit/s).
const RATE_DIFFERENCE: f64 = 4000.0 / 8.0 / crate::link::MSS as f64;
/// Round trips for which the rate is used.
const USE_ROUNDS: u32 = 48;

/// Measures the delivery rate over intervals that begin and end with a loss.
#[derive(Debug, Clone, Default)]
pub(super) struct PolicerDetector {
    interval: Option<Interval>,
    /// Rate of the last interval with many losses, in segments per second.
    candidate: Option<f64>,
    in_use: bool,
    /// Round trips since the rate came into use.
    rounds_in_use: u32,
}

#[derive(Debug, Clone, Copy)]
struct Interval {
    start: Ns,
    delivered: u64,
    lost: u64,
    rounds: u32,
}

impl Interval {
    fn start(sampler: &RateSampler) -> Self {
        Self {
            start: sampler.delivered_at,
            delivered: sampler.delivered,
            lost: sampler.lost,
            rounds: 0,
        }
    }
}

impl PolicerDetector {
    /// Returns the rate of the policer, in segments per second; `None` when none is known.
    pub(super) fn rate(&self) -> Option<f64> {
        self.candidate.filter(|_| self.in_use)
    }

    /// Discards everything that was measured.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Begins a measurement after a timeout, if none is running.
    pub(super) fn on_loss(&mut self, sampler: &RateSampler) {
        if !self.in_use && self.interval.is_none() {
            self.interval = Some(Interval::start(sampler));
        }
    }

    /// Processes an acknowledgement. Returns true when the rate was in use for long enough, so that
    /// probing begins again.
    pub(super) fn update(
        &mut self,
        sampler: &RateSampler,
        lost: u32,
        is_app_limited: bool,
        is_round_start: bool,
        is_probing: bool,
    ) -> bool {
        if self.in_use {
            self.rounds_in_use += u32::from(is_round_start && is_probing);
            let is_over = self.rounds_in_use >= USE_ROUNDS;
            if is_over {
                self.reset();
            }
            return is_over;
        }
        let Some(interval) = &mut self.interval else {
            if lost > 0 {
                self.interval = Some(Interval::start(sampler));
            }
            return false;
        };
        interval.rounds += u32::from(is_round_start);
        if is_app_limited || interval.rounds > MAX_ROUNDS {
            self.reset();
        } else if interval.rounds >= MIN_ROUNDS && lost > 0 {
            let interval = *interval;
            self.end(interval, sampler);
        }
        false
    }

    fn end(&mut self, interval: Interval, sampler: &RateSampler) {
        let delivered = (sampler.delivered - interval.delivered) as f64;
        let lost = (sampler.lost - interval.lost) as f64;
        let time = secs(sampler.delivered_at - interval.start);
        if delivered <= 0.0 || lost < LOSS_SHARE * delivered || time < 1e-3 {
            return;
        }
        let rate = delivered / time;
        if let Some(candidate) = self.candidate {
            let difference = (rate - candidate).abs();
            if difference <= RATE_TOLERANCE * candidate || difference <= RATE_DIFFERENCE {
                self.candidate = Some(f64::midpoint(rate, candidate));
                (self.in_use, self.rounds_in_use) = (true, 0);
                return;
            }
        }
        self.candidate = Some(rate);
        self.interval = Some(Interval::start(sampler));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivers 100 segments per round trip of 100 ms and loses `lost` of them; returns the round
    /// after which the policer's rate is used, and the rate.
    fn detect(lost: u64, rounds: u32) -> Option<(u32, f64)> {
        let (mut detector, mut sampler) = (PolicerDetector::default(), RateSampler::default());
        for round in 0..rounds {
            sampler.delivered += 100;
            sampler.lost += lost;
            sampler.delivered_at += 100_000_000;
            detector.update(&sampler, lost as u32, false, true, true);
            if let Some(rate) = detector.rate() {
                return Some((round, rate));
            }
        }
        None
    }

    #[test]
    fn two_equal_intervals_with_many_losses_show_a_policer() {
        let (round, rate) = detect(25, 20).unwrap();
        assert_eq!(round, 2 * MIN_ROUNDS);
        assert!((rate - 1000.0).abs() < 1e-6, "{rate}");
        assert_eq!(detect(10, 100), None);
        assert_eq!(detect(0, 100), None);
    }

    #[test]
    fn rate_is_used_for_48_round_trips() {
        let (mut detector, sampler) = (PolicerDetector::default(), RateSampler::default());
        (detector.candidate, detector.in_use) = (Some(5.0), true);
        let is_over = |_: &u32| detector.update(&sampler, 0, false, true, true);
        assert_eq!((1..100).find(is_over), Some(USE_ROUNDS));
        assert_eq!(detector.rate(), None);
    }
}
