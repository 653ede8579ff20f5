//! Trace of a cellular link while moving, from a published model.
//!
//! Source: Winstein, Sivaraman and Balakrishnan, "Stochastic Forecasts Achieve High Throughput and Low
//! Delay over Cellular Networks" (NSDI 2013), section 3: the rate of deliveries varies in Brownian
//! motion with a noise of 200 packets/s/√s between 0 and 1,000 packets/s (about 12 Mbit/s); an outage
//! ends with a probability of 1 per second; packets are delivered as a Poisson process of that rate,
//! which changes every 20 ms.

use super::super::random::{Draw, uniform};
use std::sync::{Arc, OnceLock};

/// Name of the trace.
pub(super) const NAME: &str = "lte-moving";

/// Duration in milliseconds.
const DURATION_MS: u32 = 120_000;
/// Time for which a rate holds, in milliseconds.
const TICK_MS: u32 = 20;
/// Highest rate, in packets/s.
const MAX_RATE: f64 = 1_000.0;
/// Noise of the rate, in packets/s/√s.
const NOISE: f64 = 200.0;
/// Rate at which an outage ends, per second.
const ESCAPE_RATE: f64 = 1.0;
/// Draws for the deliveries of one millisecond: their number is binomial, which is near to Poisson.
const DRAWS: u64 = 16;
/// Seed of the trace.
const SEED: u64 = 2013;

/// Returns the times of the deliveries; computed once.
pub(super) fn stamps() -> Arc<[u32]> {
    static STAMPS: OnceLock<Arc<[u32]>> = OnceLock::new();
    STAMPS.get_or_init(|| generate().into()).clone()
}

fn generate() -> Vec<u32> {
    let tick_secs = f64::from(TICK_MS) / 1e3;
    let mut rate = MAX_RATE / 2.0;
    let mut stamps = Vec::new();
    for ms in 1..=DURATION_MS {
        if ms % TICK_MS == 0 {
            let tick = u64::from(ms / TICK_MS);
            rate = next_rate(rate, tick, tick_secs);
        }
        let chance = rate / 1e3 / DRAWS as f64;
        let is_delivered = |i: &u64| uniform(SEED, u64::from(ms), Draw::Trace, *i) < chance;
        let count = (0..DRAWS).filter(is_delivered).count();
        stamps.extend(std::iter::repeat_n(ms, count));
    }
    // The trace ends with its duration, also if that is an outage.
    if stamps.last() != Some(&DURATION_MS) {
        stamps.push(DURATION_MS);
    }
    stamps
}

/// Returns the rate of the next tick, in packets/s.
fn next_rate(rate: f64, tick: u64, tick_secs: f64) -> f64 {
    let draw = |sequence| uniform(SEED, u64::MAX - tick, Draw::Trace, sequence);
    if rate <= 0.0 && draw(12) >= ESCAPE_RATE * tick_secs {
        return 0.0;
    }
    // Sum of 12 uniform draws: normal to three deviations, without a function that differs by platform.
    let normal = (0..12).map(draw).sum::<f64>() - 6.0;
    let step = NOISE * tick_secs.sqrt() * normal;
    let next = if rate <= 0.0 { step.abs() } else { rate + step };
    // The rate is reflected at its maximum; below zero an outage begins.
    if next > MAX_RATE {
        2.0 * MAX_RATE - next
    } else {
        next.max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_has_the_published_rates_and_outages() {
        let stamps = stamps();
        let per_sec = |second: u32| {
            let within = |stamp: &&u32| (second * 1000..(second + 1) * 1000).contains(*stamp);
            stamps.iter().filter(within).count()
        };
        let rates: Vec<usize> = (0..DURATION_MS / 1000).map(per_sec).collect();
        println!("{rates:?}");
        assert!(rates.iter().all(|rate| *rate < 1_150));
        let mean = stamps.len() as f64 / (f64::from(DURATION_MS) / 1e3);
        assert!((200.0..800.0).contains(&mean), "{mean}");
        let gaps = stamps.windows(2).map(|two| two[1] - two[0]);
        let longest = gaps.max().unwrap();
        assert!((300..10_000).contains(&longest), "{longest} ms");
        // Within seconds the rate changes by half.
        let changes = rates.windows(3).filter(|three| three[2] * 2 < three[0]);
        assert!(changes.count() > 3);
    }
}
