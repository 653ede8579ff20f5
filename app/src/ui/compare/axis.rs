//! The horizontal axis of the plots: positions and labels of the varied values.

use std::ops::RangeInclusive;

use super::series::Series;
use crate::lab::Sweep;
pub(crate) use crate::lab::export::Scale;
use crate::lab::report::label;

/// The axis. Positions are indices, logarithms or values, depending on the scale.
#[derive(Clone)]
pub(super) struct Axis {
    scale: Scale,
    /// The values of all shown experiments in ascending order; links in their given order.
    values: Vec<u64>,
    labels: Vec<String>,
    /// The varied quantity.
    pub label: &'static str,
    are_links: bool,
}

/// Minimum distance between two labels as a share of the axis.
const GAP: f64 = 0.045;
/// Width of all bars of a value, as a share of the distance of two values.
const BARS: f64 = 0.6;

impl Axis {
    /// Creates an axis for the values of all experiments.
    pub(super) fn new(shown: &[Series<'_>], scale: Scale) -> Self {
        let mut values: Vec<u64> = shown
            .iter()
            .flat_map(|one| one.experiment.plan.sweep.values())
            .collect();
        values.sort_unstable();
        values.dedup();
        let variable = shown.first().map(|one| &one.experiment.plan.sweep);
        let is_link = matches!(variable, Some(Sweep::Link(_)));
        // Links have no numeric value, and 0 has no logarithm.
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
                    .map(|value| label::value(variable, *value))
                    .collect()
            }),
            label: variable.map_or("", Sweep::label),
            are_links: is_link,
            values,
        }
    }

    /// Returns the title below the axis; the names of links say that they are links.
    pub(super) fn title(&self) -> &'static str {
        if self.are_links { "" } else { self.label }
    }

    /// Returns the position of a value.
    pub(super) fn position(&self, value: u64) -> Option<f64> {
        let at = self.values.iter().position(|other| *other == value)?;
        Some(self.at(at))
    }

    /// Returns the position of the value at `index`.
    fn at(&self, index: usize) -> f64 {
        let value = self.values[index] as f64;
        match self.scale {
            Scale::Even => index as f64,
            Scale::Logarithmic => value.log2(),
            Scale::Linear => value,
        }
    }

    /// Returns the position of any number, interpolated between values if these are evenly spaced;
    /// `None` outside of their range.
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

    /// Returns the range of positions.
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

    /// Returns the horizontal distance of the dots of one of `count` experiments from their value, so that
    /// equal figures do not hide each other.
    pub(super) fn aside(&self, place: usize, count: usize) -> f64 {
        let step = (self.spread() / 2.0).min(self.spread() * 2.0 / count.max(1) as f64);
        (place as f64 - (count as f64 - 1.0) / 2.0) * step
    }

    /// Returns the width of the bars of a value, if there are `count` of them.
    pub(super) fn bar_width(&self, count: usize) -> f64 {
        BARS / count.max(1) as f64 * 0.92
    }

    /// Returns the horizontal distance of one of `count` bars from their value.
    pub(super) fn aside_of_bar(&self, place: usize, count: usize) -> f64 {
        (place as f64 - (count as f64 - 1.0) / 2.0) * BARS / count.max(1) as f64
    }

    /// Returns the maximum horizontal distance between the dots of one value.
    pub(super) fn spread(&self) -> f64 {
        let range = self.range();
        match self.scale {
            Scale::Even => 0.24,
            Scale::Logarithmic | Scale::Linear => (range.end() - range.start()) * 0.02,
        }
    }

    /// Returns the maximum width of the box of a value.
    pub(super) fn box_width(&self) -> f64 {
        let range = self.range();
        match self.scale {
            Scale::Even => 0.36,
            Scale::Logarithmic | Scale::Linear => (range.end() - range.start()) * 0.03,
        }
    }

    /// Returns the positions of the labels with their text, without overlaps.
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
                let label = match self.are_links {
                    true => in_short_lines(label),
                    false => label.clone(),
                };
                marks.push((at, label));
            }
        }
        marks
    }

    /// Returns the label of the value nearest to a position.
    pub(super) fn nearest(&self, at: f64) -> Option<&str> {
        let distance = |index: &usize| (self.at(*index) - at).abs();
        let nearest = (0..self.values.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        self.labels.get(nearest).map(String::as_str)
    }
}

/// Breaks the name of a link into lines, since seven of them stand side by side.
fn in_short_lines(name: &str) -> String {
    const LINE: usize = 11;
    let mut lines: Vec<String> = Vec::new();
    for word in name.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < LINE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
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
            are_links: false,
        }
    }

    #[test]
    fn numbers_between_values_are_interpolated() {
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
    fn linear_and_logarithmic_scales_use_the_value() {
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
    fn an_axis_of_one_or_no_value_has_a_range() {
        for scale in Scale::ALL {
            for values in [&[][..], &[5]] {
                let range = axis(values, scale).range();
                assert!(range.start() < range.end());
            }
        }
    }
}
