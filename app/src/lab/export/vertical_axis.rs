//! The vertical axis of the plot: heights and labels of its marks.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::scale::{VerticalScale, logarithmic_marks};

/// About how many heights are labelled on a linear axis.
const MARKS: f64 = 8.0;

/// The axis. Its coordinate is the height of a figure on its scale.
#[derive(Debug, Clone)]
pub(super) struct VerticalAxis {
    pub(super) low: f64,
    pub(super) high: f64,
    scale: VerticalScale,
}

impl VerticalAxis {
    /// Creates an axis for figures between `low` and `high`.
    pub(super) fn new(scale: VerticalScale, low: f64, high: f64) -> Self {
        let (low, high) = scale.range(low, high);
        Self { low, high, scale }
    }

    /// Returns the heights that are labelled.
    fn marks(&self) -> Vec<f64> {
        if self.scale == VerticalScale::Logarithmic {
            let figures = logarithmic_marks(self.low, self.high).into_iter();
            return figures.map(f64::log10).collect();
        }
        let rough = self.high / MARKS;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = steps.into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(self.high);
        let count = (self.high / step).floor() as u32;
        (0..=count).map(|mark| f64::from(mark) * step).collect()
    }
}

impl Ranged for VerticalAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, height: &f64, (bottom, top): (i32, i32)) -> i32 {
        let share = (height - self.low) / (self.high - self.low);
        bottom + (share * f64::from(top - bottom)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.marks()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for VerticalAxis {
    fn format_ext(&self, height: &f64) -> String {
        let figure = self.scale.figure(*height);
        let size = match self.scale {
            // Enough decimals for ten marks between 0 and the top.
            VerticalScale::Linear => self.high,
            VerticalScale::Logarithmic => figure * 10.0,
        };
        let decimals = (1.0 - size.log10()).ceil().max(0.0) as usize;
        format!("{figure:.decimals$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_figures_within_the_axis() {
        for (scale, low, high, labels) in [
            (VerticalScale::Linear, 1.0, 7.6, "0.0 2.0 4.0 6.0 8.0"),
            (
                VerticalScale::Linear,
                0.1,
                0.35,
                "0.00 0.05 0.10 0.15 0.20 0.25 0.30 0.35",
            ),
            (VerticalScale::Logarithmic, 0.4, 12.0, "0.5 1 2 5 10"),
        ] {
            let axis = VerticalAxis::new(scale, low, high);
            let marks = axis.marks().into_iter();
            let text: Vec<String> = marks.map(|mark| axis.format_ext(&mark)).collect();
            assert_eq!(text.join(" "), labels);
        }
    }
}
