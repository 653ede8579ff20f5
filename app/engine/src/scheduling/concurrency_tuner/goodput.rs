//! What came, looked at again and again.

use std::time::{Duration, Instant};

/// The bytes so far, at one moment after the other.
#[derive(Default)]
pub(crate) struct Samples(Vec<Sample>);

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    bytes: u64,
}

/// What came in a time, in bytes a second: in its first half, in its second, and in all of it.
pub(crate) struct Goodput {
    pub earlier: f64,
    pub later: f64,
    pub whole: f64,
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

    /// What is older than `age` counts no longer.
    pub fn forget(&mut self, now: Instant, age: Duration) {
        self.0.retain(|sample| now.duration_since(sample.at) <= age);
    }

    /// What came, once that is so much time.
    pub fn goodput(&self, now: Instant, window: Duration) -> Option<Goodput> {
        let span = now.duration_since(self.0.first()?.at);
        if span < window {
            return None;
        }
        let middle = self.0.len() / 2;
        Some(Goodput {
            earlier: rate(self.0.get(..=middle)?)?,
            later: rate(self.0.get(middle..)?)?,
            whole: rate(&self.0)?,
        })
    }

    /// How uncertain the goodput is, as a share of it: the standard error of the mean of looks a fifth of
    /// a second long each.
    pub fn noise(&self, goodput: f64) -> f64 {
        let looks: Vec<Sample> = self.0.iter().step_by(4).copied().collect();
        let rates: Vec<f64> = looks.windows(2).filter_map(rate).collect();
        let n = rates.len().max(1) as f64;
        let variance = rates
            .iter()
            .map(|rate| (rate - goodput).powi(2))
            .sum::<f64>()
            / n;
        (variance.sqrt() / goodput.max(1.0) / n.sqrt()).min(0.5)
    }
}

/// Bytes a second from the first to the last of these.
fn rate(samples: &[Sample]) -> Option<f64> {
    let (first, last) = (samples.first()?, samples.last()?);
    let secs = last.at.duration_since(first.at).as_secs_f64();
    (secs > 0.0).then(|| (last.bytes - first.bytes) as f64 / secs)
}
