//! The horizontal axis: where each value stands, and what is written there.

use std::ops::RangeInclusive;

use super::series::Series;
use crate::lab::{Variable, words};

/// How the values stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Scale {
    /// Evenly, each under its own label, whatever lies between them: 1 and 5 connections would be
    /// hard to tell apart on a linear scale that also holds 50.
    #[default]
    Even,
    /// By the logarithm.
    Logarithmic,
    /// By size.
    Linear,
}

impl Scale {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Even, Self::Logarithmic, Self::Linear];

    /// Its name on a button.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Even => "Even",
            Self::Logarithmic => "Log",
            Self::Linear => "Linear",
        }
    }
}

/// The axis. Its own unit is the place of a value, its logarithm, or the value.
#[derive(Clone)]
pub(super) struct Axis {
    scale: Scale,
    /// The values of all experiments that are shown, rising; links in their order.
    values: Vec<u64>,
    labels: Vec<String>,
    /// What is varied.
    pub label: &'static str,
}

/// How close two labels may stand, as a share of the axis.
const GAP: f64 = 0.045;

impl Axis {
    /// The axis on which the values of all of them have room.
    pub(super) fn new(shown: &[Series<'_>], scale: Scale) -> Self {
        let mut values: Vec<u64> = shown
            .iter()
            .flat_map(|one| one.experiment.plan.variable.values())
            .collect();
        values.sort_unstable();
        values.dedup();
        let variable = shown.first().map(|one| &one.experiment.plan.variable);
        let is_link = matches!(variable, Some(Variable::Link(_)));
        // Links are no numbers, and nothing has no logarithm.
        let has_zero = scale == Scale::Logarithmic && values.first() == Some(&0);
        Self {
            scale: if is_link || has_zero {
                Scale::Even
            } else {
                scale
            },
            labels: variable.map_or_else(Vec::new, |variable| {
                values
                    .iter()
                    .map(|value| words::value(variable, *value))
                    .collect()
            }),
            label: variable.map_or("", Variable::label),
            values,
        }
    }

    /// Where a value stands.
    pub(super) fn position(&self, value: u64) -> Option<f64> {
        let at = self.values.iter().position(|other| *other == value)?;
        Some(self.at(at))
    }

    /// Where the value at this place of the list stands.
    fn at(&self, index: usize) -> f64 {
        let value = self.values[index] as f64;
        match self.scale {
            Scale::Even => index as f64,
            Scale::Logarithmic => value.log2(),
            Scale::Linear => value,
        }
    }

    /// Where a number stands that need not be a value: among evenly spaced ones between its
    /// neighbours in proportion. `None` outside of them.
    pub(super) fn along(&self, number: f64) -> Option<f64> {
        let (first, last) = (*self.values.first()? as f64, *self.values.last()? as f64);
        if !(first..=last).contains(&number) {
            return None;
        }
        match self.scale {
            Scale::Logarithmic => return Some(number.log2()),
            Scale::Linear => return Some(number),
            Scale::Even => {}
        }
        let above = self
            .values
            .iter()
            .position(|value| *value as f64 >= number)?;
        if self.values[above] as f64 == number {
            return Some(above as f64);
        }
        let (low, high) = (self.values[above - 1] as f64, self.values[above] as f64);
        Some((above - 1) as f64 + (number - low) / (high - low))
    }

    /// From where to where it goes.
    pub(super) fn range(&self) -> RangeInclusive<f64> {
        let (Some(last), false) = (self.values.len().checked_sub(1), self.values.is_empty()) else {
            return 0.0..=1.0;
        };
        let (low, high) = (self.at(0), self.at(last));
        let room = match self.scale {
            Scale::Even => 0.5,
            _ if high > low => (high - low) * 0.06,
            _ => 0.5,
        };
        low - room..=high + room
    }

    /// How wide the dots of one value may lie apart.
    pub(super) fn spread(&self) -> f64 {
        let range = self.range();
        match self.scale {
            Scale::Even => 0.24,
            Scale::Logarithmic | Scale::Linear => (range.end() - range.start()) * 0.02,
        }
    }

    /// How wide the box of a value may be.
    pub(super) fn box_width(&self) -> f64 {
        let range = self.range();
        match self.scale {
            Scale::Even => 0.36,
            Scale::Logarithmic | Scale::Linear => (range.end() - range.start()) * 0.03,
        }
    }

    /// Where a label is written, and which: at every value, as long as they do not collide.
    pub(super) fn marks(&self) -> Vec<(f64, String)> {
        let range = self.range();
        let gap = match self.scale {
            Scale::Even => 0.0,
            Scale::Logarithmic | Scale::Linear => (range.end() - range.start()) * GAP,
        };
        let mut marks: Vec<(f64, String)> = Vec::new();
        for (index, label) in self.labels.iter().enumerate() {
            let at = self.at(index);
            if marks.last().is_none_or(|(last, _)| at - last >= gap) {
                marks.push((at, label.clone()));
            }
        }
        marks
    }

    /// The label of the value that stands nearest.
    pub(super) fn nearest(&self, at: f64) -> Option<&str> {
        let distance = |index: &usize| (self.at(*index) - at).abs();
        let nearest = (0..self.values.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        self.labels.get(nearest).map(String::as_str)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::ui::compare) fn axis(values: &[u64], scale: Scale) -> Axis {
        Axis {
            scale,
            values: values.to_vec(),
            labels: values.iter().map(u64::to_string).collect(),
            label: "connections",
        }
    }

    #[test]
    fn a_number_stands_between_its_neighbours() {
        let axis = axis(&[1, 5, 10, 20, 50], Scale::Even);
        assert_eq!(
            (axis.position(1), axis.position(50)),
            (Some(0.0), Some(4.0))
        );
        assert_eq!((axis.along(3.0), axis.along(35.0)), (Some(0.5), Some(3.5)));
        assert_eq!((axis.along(0.0), axis.along(51.0)), (None, None));
        assert_eq!((axis.position(7), axis.along(10.0)), (None, Some(2.0)));
        assert_eq!(axis.nearest(3.4), Some("20"));
    }

    #[test]
    fn on_the_other_scales_size_decides() {
        let values = [1, 2, 3, 64];
        let linear = axis(&values, Scale::Linear);
        assert_eq!(
            (linear.position(64), linear.along(32.5)),
            (Some(64.0), Some(32.5))
        );
        let labels = |axis: &Axis| {
            let marks = axis.marks().into_iter();
            marks.map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels(&linear), ["1", "64"], "labels do not collide");
        let log = axis(&values, Scale::Logarithmic);
        assert_eq!((log.position(64), log.along(2.0)), (Some(6.0), Some(1.0)));
        assert_eq!(labels(&log), ["1", "2", "3", "64"]);
    }

    #[test]
    fn one_value_and_none_have_an_axis_too() {
        for scale in Scale::ALL {
            for values in [&[][..], &[5]] {
                let range = axis(values, scale).range();
                assert!(range.start() < range.end());
            }
        }
    }
}
