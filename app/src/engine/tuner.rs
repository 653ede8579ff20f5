//! Finds how many connections are worth it, while the download runs.
//!
//! Starts with two and doubles while the goodput of a settled window grows by more than both a tenth
//! and twice the noise; steps back when the last step brought nothing or did harm. The rule is that
//! of hill climbing with a threshold, as in Yildirim et al., "Application-Level Optimization of Big
//! Data Transfers through Pipelining, Parallelism and Concurrency" (2016), with the noise measured.

use std::time::{Duration, Instant};

/// The connections to begin with.
const FIRST: usize = 2;
/// How long goodput is measured after a step, at least and at most.
const WINDOW: [Duration; 2] = [Duration::from_millis(400), Duration::from_secs(3)];
/// A step is kept when goodput grows by more than this share.
const WORTH: f64 = 0.10;
/// With less than this left to fetch, in seconds, a further step could not pay.
const NOT_WORTH_SECS: f64 = 0.5;

/// A change of the number of connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// How many there are to be.
    pub count: usize,
    /// What was found, in words.
    pub words: String,
}

/// One look at the bytes so far.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    bytes: u64,
}

/// What one number of connections brought.
#[derive(Debug, Clone, Copy)]
struct Step {
    count: usize,
    /// Bytes a second.
    goodput: f64,
}

/// The search for the number of connections of one download.
pub(super) struct Tuner {
    most: usize,
    count: usize,
    samples: Vec<Sample>,
    /// The best step so far.
    best: Option<Step>,
    done: bool,
}

impl Tuner {
    /// A search for at most `most` connections.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            count: FIRST.min(most),
            samples: Vec::new(),
            best: None,
            done: false,
        }
    }

    /// How many connections there are to be now.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Looks at the `bytes` that came until `now`, with `left` still to come and `alive`
    /// connections that bring any. Says when the number of connections should change.
    pub fn tick(&mut self, now: Instant, bytes: u64, left: u64, alive: usize) -> Option<Change> {
        if self.done {
            return None;
        }
        // What the new connections bring counts from when they bring it.
        if alive < self.count.min(2) && self.samples.is_empty() {
            return None;
        }
        self.samples.push(Sample { at: now, bytes });
        let first = self.samples.first()?;
        let span = now.duration_since(first.at);
        if span < WINDOW[0] {
            return None;
        }
        let (goodput, growing) = self.goodput()?;
        // A window that still grows is not settled: TCP opens up. One in which bytes come in bursts
        // says little yet.
        let settled = !growing && self.noise(goodput) < WORTH / 2.0;
        if !settled && span < WINDOW[1] {
            return None;
        }
        if left as f64 / goodput.max(1.0) < NOT_WORTH_SECS {
            self.done = true;
            return None;
        }
        self.decide(goodput)
    }

    /// The goodput of the window in bytes a second, of its later half if it is still growing, and
    /// whether it is.
    fn goodput(&self) -> Option<(f64, bool)> {
        let rate = |samples: &[Sample]| {
            let (first, last) = (samples.first()?, samples.last()?);
            let secs = last.at.duration_since(first.at).as_secs_f64();
            (secs > 0.0).then(|| (last.bytes - first.bytes) as f64 / secs)
        };
        let middle = self.samples.len() / 2;
        let earlier = rate(self.samples.get(..=middle)?)?;
        let later = rate(self.samples.get(middle..)?)?;
        let growing = later > earlier * (1.0 + WORTH);
        let all = rate(&self.samples)?;
        Some((if growing { later } else { all }, growing))
    }

    /// How uncertain the goodput is, as a share of it: the standard error of the mean of looks of a
    /// fifth of a second each.
    fn noise(&self, goodput: f64) -> f64 {
        let looks: Vec<Sample> = self.samples.iter().step_by(4).copied().collect();
        let rates: Vec<f64> = looks
            .windows(2)
            .filter_map(|pair| {
                let secs = pair[1].at.duration_since(pair[0].at).as_secs_f64();
                (secs > 0.0).then(|| (pair[1].bytes - pair[0].bytes) as f64 / secs)
            })
            .collect();
        let n = rates.len().max(1) as f64;
        let variance = rates
            .iter()
            .map(|rate| (rate - goodput).powi(2))
            .sum::<f64>()
            / n;
        (variance.sqrt() / goodput.max(1.0) / n.sqrt()).min(0.5)
    }

    fn decide(&mut self, goodput: f64) -> Option<Change> {
        let here = Step {
            count: self.count,
            goodput,
        };
        let noise = self.noise(goodput);
        self.samples.clear();
        let Some(best) = self.best else {
            self.best = Some(here);
            return self.grow(here, None);
        };
        let gain = here.goodput / best.goodput.max(1.0) - 1.0;
        if gain > WORTH.max(2.0 * noise) {
            self.best = Some(here);
            return self.grow(here, Some(gain));
        }
        self.done = true;
        self.count = best.count;
        let more = here.count - best.count;
        let what = if gain < -WORTH {
            "did harm"
        } else {
            "brought nothing"
        };
        Some(Change {
            count: best.count,
            words: format!(
                "{} connections: {more} more {what} ({:+.0} %)",
                best.count,
                gain * 100.0
            ),
        })
    }

    fn grow(&mut self, here: Step, gain: Option<f64>) -> Option<Change> {
        let count = (here.count * 2).min(self.most);
        let so_far = match gain {
            Some(gain) => format!("{} connections brought {:+.0} %", here.count, gain * 100.0),
            None => format!("Began with {} connections", here.count),
        };
        if count == here.count {
            self.done = true;
            return Some(Change {
                count,
                words: format!("{so_far}; more are not allowed"),
            });
        }
        self.count = count;
        Some(Change {
            count,
            words: format!("{so_far}; trying {count}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets the tuner loose on a link where `goodput` says what so many connections bring, in bytes
    /// a second. Returns the number it settles on, and what it said.
    fn settle(most: usize, goodput: impl Fn(usize) -> f64) -> (usize, Vec<String>) {
        let mut tuner = Tuner::new(most);
        let (start, mut bytes) = (Instant::now(), 0.0);
        let mut words = Vec::new();
        for tick in 0..2000u32 {
            bytes += goodput(tuner.count()) * 0.05;
            let now = start + Duration::from_millis(50) * tick;
            let change = tuner.tick(now, bytes as u64, u64::MAX / 2, tuner.count());
            words.extend(change.map(|change| change.words));
        }
        (tuner.count(), words)
    }

    #[test]
    fn a_cap_per_connection_is_climbed_until_the_link_is_full() {
        let (count, words) = settle(64, |n| (n as f64 * 1e6).min(8e6));
        assert_eq!(count, 8, "{words:?}");
        assert!(
            words.last().unwrap().contains("brought nothing"),
            "{words:?}"
        );
    }

    #[test]
    fn a_full_link_keeps_the_first_count() {
        let (count, words) = settle(64, |_| 5e6);
        assert_eq!(count, FIRST, "{words:?}");
    }

    #[test]
    fn a_count_that_does_harm_is_taken_back() {
        let (count, words) = settle(64, |n| if n > 4 { 1e6 } else { n as f64 * 1e6 });
        assert_eq!(count, 4, "{words:?}");
        assert!(words.last().unwrap().contains("harm"), "{words:?}");
    }

    #[test]
    fn never_more_than_allowed() {
        let (count, _) = settle(10, |n| n as f64 * 1e6);
        assert_eq!(count, 10);
        let (count, _) = settle(1, |n| n as f64 * 1e6);
        assert_eq!(count, 1);
    }
}
