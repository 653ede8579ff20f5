//! The horizontal axis of the plot: positions and labels of the values.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::scale::Scale;
use crate::lab::plan::sweep::Sweep;
use crate::lab::report::label;

/// The axis is logarithmic from this ratio of the largest to the smallest value.
const LOGARITHMIC_FROM: f64 = 100.0;
/// Smallest distance between two labels, as a fraction of the axis.
const LABEL_GAP: f64 = 0.03;

/// The axis. Its coordinate is the value, the logarithm of the value, or its index.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    /// The values in ascending order if they stand evenly spaced.
    even: Option<Vec<u64>>,
    /// Coordinate and label of each value, ascending.
    values: Vec<(f64, String)>,
    /// The swept parameter with its unit.
    pub(super) description: String,
}

impl Axis {
    /// Creates an axis for all values of the sweeps, which sweep the same parameter. Without a scale, it is
    /// logarithmic if the values are far apart.
    pub(super) fn of<'a>(
        sweeps: impl Iterator<Item = &'a Sweep> + Clone,
        scale: Option<Scale>,
    ) -> Self {
        let mut values: Vec<u64> = sweeps.clone().flat_map(Sweep::values).collect();
        values.sort_unstable();
        values.dedup();
        let empty = Sweep::Connections(Vec::new());
        let sweep = sweeps.into_iter().next().unwrap_or(&empty);
        let smallest = values.first().copied().unwrap_or(0);
        let largest = values.last().copied().unwrap_or(0);
        let is_far = smallest > 0 && largest as f64 / smallest as f64 >= LOGARITHMIC_FROM;
        // Links have no number, and zero has no logarithm.
        let is_link = matches!(sweep, Sweep::Link(_));
        let logarithmic = match scale {
            None => is_far,
            Some(scale) => scale == Scale::Logarithmic && smallest > 0 && !is_link,
        };
        let even = (is_link || scale == Some(Scale::Even)).then(|| values.clone());
        let parameter = match sweep {
            Sweep::Connections(_) => "connections",
            Sweep::PacketLen(_) => "packet size (bytes)",
            Sweep::FileSize(_) => "file size (bytes)",
            Sweep::Link(_) => "link",
        };
        let scale = if logarithmic { ", logarithmic" } else { "" };
        let position = |value| position(value, logarithmic, even.as_deref());
        let (first, last) = (position(smallest), position(largest));
        let margin = ((last - first) * 0.05).max(0.5);
        Self {
            low: first - margin,
            high: last + margin,
            logarithmic,
            even: even.clone(),
            values: values
                .iter()
                .map(|value| (position(*value), label::value(sweep, *value)))
                .collect(),
            description: format!("{parameter}{scale}"),
        }
    }

    /// Returns the coordinate of `value`.
    pub(super) fn position(&self, value: u64) -> f64 {
        position(value, self.logarithmic, self.even.as_deref())
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

fn position(value: u64, logarithmic: bool, even: Option<&[u64]>) -> f64 {
    if let Some(values) = even {
        let place = values.iter().position(|other| *other == value);
        place.unwrap_or_default() as f64
    } else if logarithmic {
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
        Axis::of([sweep].into_iter(), None)
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
    fn values_can_stand_evenly() {
        let even = Axis::of(
            [&Sweep::Connections(vec![1, 5, 50])].into_iter(),
            Some(Scale::Even),
        );
        assert_eq!(
            [1, 5, 50].map(|value| even.position(value)),
            [0.0, 1.0, 2.0]
        );
    }

    #[test]
    fn the_scale_is_that_of_the_screen() {
        let of = |scale| {
            Axis::of(
                [&Sweep::Connections(vec![1, 2, 1024])].into_iter(),
                Some(scale),
            )
        };
        assert_eq!(of(Scale::Linear).position(1024), 1024.0);
        assert_eq!(of(Scale::Logarithmic).position(1024), 10.0);
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
