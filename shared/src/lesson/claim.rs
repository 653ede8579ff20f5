//! A sentence about what happens in a lesson, with the values that decide whether it is true.

use super::measure::digits;
use super::{Measure, Reading};

/// A sentence and its check.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The sentence.
    pub says: String,
    /// The result that it speaks of.
    pub measure: Measure,
    /// The point of the plot that it speaks of.
    pub at: Spot,
    /// The point whose result divides it; without one the result itself is checked.
    pub relative_to: Option<Spot>,
    /// Least value with which the sentence is true.
    pub least: f64,
    /// Largest value with which the sentence is true.
    pub most: f64,
}

/// A point of the plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Index of the curve.
    pub curve: usize,
    /// Index of the value.
    pub value: usize,
}

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The sentence is true of this run.
    pub holds: bool,
    /// The checked number with its unit: a result, or a ratio of two.
    pub measured: String,
}

impl Claim {
    /// Checks the sentence against the results of each curve; `None` while a result is missing.
    pub fn check(&self, results: &[Vec<Reading>]) -> Option<Finding> {
        let read = |spot: Spot| {
            let reading = results.get(spot.curve)?.get(spot.value)?;
            Some(reading.of(self.measure))
        };
        let result = read(self.at)?;
        let (number, measured) = match self.relative_to {
            None => (result, self.measure.text(result)),
            Some(base) => {
                let ratio = result / read(base)?;
                (ratio, format!("{} ×", digits(ratio)))
            }
        };
        Some(Finding {
            holds: (self.least..=self.most).contains(&number),
            measured,
        })
    }
}
