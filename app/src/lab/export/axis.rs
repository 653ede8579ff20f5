//! The horizontal axis of the plot: positions and labels of the values.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::lab::plan::sweep::Sweep;
use crate::lab::report::label;

/// The axis is logarithmic from this ratio of the largest to the smallest value.
const LOGARITHMIC_FROM: f64 = 100.0;
/// Smallest distance between two labels, as a fraction of the axis.
const LABEL_GAP: f64 = 0.03;

/// The axis. Its coordinate is the value, or the logarithm of the value.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    /// Coordinate and label of each value, ascending.
    values: Vec<(f64, String)>,
    /// The swept parameter with its unit.
    pub(super) description: String,
}

impl Axis {
    /// Creates an axis for all values of the sweeps, which sweep the same parameter.
    pub(super) fn of<'a>(sweeps: impl Iterator<Item = &'a Sweep> + Clone) -> Self {
        let mut values: Vec<u64> = sweeps.clone().flat_map(Sweep::values).collect();
        values.sort_unstable();
        values.dedup();
        let empty = Sweep::Connections(Vec::new());
        let sweep = sweeps.into_iter().next().unwrap_or(&empty);
        let smallest = values.first().copied().unwrap_or(0);
        let largest = values.last().copied().unwrap_or(0);
        let logarithmic = smallest > 0 && largest as f64 / smallest as f64 >= LOGARITHMIC_FROM;
        let parameter = match sweep {
            Sweep::Connections(_) => "connections (number)",
            Sweep::PacketLen(_) => "packet size (bytes)",
            Sweep::FileSize(_) => "file size (bytes)",
            Sweep::Link(_) => "link",
        };
        let scale = if logarithmic { ", logarithmic" } else { "" };
        let position = |value| position(value, logarithmic);
        let (first, last) = (position(smallest), position(largest));
        let margin = ((last - first) * 0.05).max(0.5);
        Self {
            low: first - margin,
            high: last + margin,
            logarithmic,
            values: values
                .iter()
                .map(|value| (position(*value), label::value(sweep, *value)))
                .collect(),
            description: format!("{parameter}{scale}"),
        }
    }

    /// Returns the coordinate of `value`.
    pub(super) fn position(&self, value: u64) -> f64 {
        position(value, self.logarithmic)
    }

    /// Returns the coordinates of the labels: every value whose label does not overlap the last one.
    fn labelled(&self) -> Vec<f64> {
        let gap = (self.high - self.low) * LABEL_GAP;
        let mut points: Vec<f64> = Vec::new();
        for (at, _) in &self.values {
            if points.last().is_none_or(|last| at - last >= gap) {
                points.push(*at);
            }
        }
        points
    }
}

fn position(value: u64, logarithmic: bool) -> f64 {
    if logarithmic {
        (value as f64).log2()
    } else {
        value as f64
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, at: &f64, (left, right): (i32, i32)) -> i32 {
        let share = (at - self.low) / (self.high - self.low);
        left + (share * f64::from(right - left)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.labelled()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, at: &f64) -> String {
        let here = |value: &&(f64, String)| value.0 == *at;
        let value = self.values.iter().find(here);
        value.map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(sweep: &Sweep) -> Axis {
        Axis::of([sweep].into_iter())
    }

    #[test]
    fn values_far_apart_get_a_logarithmic_axis() {
        let near = axis(&Sweep::Connections(vec![50, 1, 5]));
        assert_eq!(near.values[1], (5.0, "5".to_owned()));
        let far = axis(&Sweep::PacketLen(vec![128, 65_536]));
        assert_eq!(far.values[1], (16.0, "64 KiB".to_owned()));
        assert_eq!(far.format_ext(&7.0), "128 B");
        assert!(far.description.ends_with("logarithmic"));
    }

    #[test]
    fn labels_do_not_overlap() {
        let near = axis(&Sweep::Connections(vec![1, 2, 3, 64]));
        assert_eq!(near.labelled(), [1.0, 64.0]);
        let far = axis(&Sweep::Connections(vec![1, 5, 10, 20, 50]));
        assert_eq!(far.labelled(), [1.0, 5.0, 10.0, 20.0, 50.0]);
    }

    #[test]
    fn one_value_and_no_value_have_an_axis_too() {
        for values in [vec![], vec![0], vec![1 << 40]] {
            let axis = axis(&Sweep::FileSize(values));
            assert!(axis.high > axis.low);
        }
    }
}
