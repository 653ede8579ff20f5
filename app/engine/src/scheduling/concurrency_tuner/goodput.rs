//! Measures goodput and its noise from samples of a byte counter.

use std::time::{Duration, Instant};

/// Samples of the bytes received so far, in order of time.
#[derive(Default)]
pub(super) struct Samples(Vec<Sample>);

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    bytes: u64,
}

/// Goodput over a window in bytes a second.
pub(super) struct Goodput {
    /// Over the first half of the samples.
    pub first_half: f64,
    /// Over the second half of the samples.
    pub second_half: f64,
    /// Over the whole window.
    pub mean: f64,
}

/// A measurement since the last step.
pub(super) struct Measurement {
    /// Bytes a second.
    pub goodput: f64,
    /// Uncertainty as a share of the goodput.
    pub noise: f64,
    /// Set if goodput still grows by itself, as in slow start.
    pub is_growing: bool,
    /// Set once the longest measurement has passed.
    pub is_overdue: bool,
}

impl Samples {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn push(&mut self, at: Instant, bytes: u64) {
        self.0.push(Sample { at, bytes });
    }

    /// Removes samples older than `age`.
    pub fn expire(&mut self, now: Instant, age: Duration) {
        self.0.retain(|sample| now.duration_since(sample.at) <= age);
    }

    /// Returns the goodput once the samples span `window`.
    pub fn goodput(&self, now: Instant, window: Duration) -> Option<Goodput> {
        let span = now.duration_since(self.0.first()?.at);
        if span < window {
            return None;
        }
        let middle = self.0.len() / 2;
        Some(Goodput {
            first_half: rate(self.0.get(..=middle)?)?,
            second_half: rate(self.0.get(middle..)?)?,
            mean: rate(&self.0)?,
        })
    }

    /// Returns the uncertainty of `goodput` as a share of it: the standard error of the mean over
    /// intervals of four samples (a fifth of a second).
    pub fn noise(&self, goodput: f64) -> f64 {
        let bounds: Vec<Sample> = self.0.iter().step_by(4).copied().collect();
        let rates: Vec<f64> = bounds.windows(2).filter_map(rate).collect();
        let n = rates.len().max(1) as f64;
        let variance = rates
            .iter()
            .map(|rate| (rate - goodput).powi(2))
            .sum::<f64>()
            / n;
        (variance.sqrt() / goodput.max(1.0) / n.sqrt()).min(0.5)
    }
}

/// Returns the bytes a second from the first to the last sample.
fn rate(samples: &[Sample]) -> Option<f64> {
    let (first, last) = (samples.first()?, samples.last()?);
    let secs = last.at.duration_since(first.at).as_secs_f64();
    (secs > 0.0).then(|| (last.bytes - first.bytes) as f64 / secs)
}
