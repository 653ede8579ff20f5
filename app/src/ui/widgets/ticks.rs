//! Labels of a numeric axis: a few round values in one unit.

use std::ops::RangeInclusive;

use crate::ui::format;

/// The unit of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Seconds, shown in seconds, milliseconds or minutes.
    Seconds,
    /// Bytes per second.
    Rate,
    /// A factor.
    Times,
    /// A share, shown in percent.
    Percent,
    /// A number of packets.
    Packets,
    /// Bytes, shown in bytes, kB or MB.
    Bytes,
}

/// A position on an axis with its label.
pub(crate) type Tick = (f64, String);

/// Returns the labels of an axis.
pub(crate) fn ticks(unit: Unit, range: &RangeInclusive<f64>) -> Vec<Tick> {
    let (factor, name) = unit.of(range.end().abs().max(range.start().abs()));
    // Rounded in the displayed unit: a round number of MiB is not a round number of bytes.
    let step = step((range.end() - range.start()) * factor) / factor;
    rungs(range, step)
        .map(|value| {
            (
                value,
                format!("{} {name}", plain(value * factor))
                    .trim_end()
                    .to_owned(),
            )
        })
        .collect()
}

impl Unit {
    /// Returns the factor from a value to the displayed unit of an axis that ends at `top`, and
    /// that unit.
    fn of(self, top: f64) -> (f64, &'static str) {
        match self {
            Self::Seconds if top < 1.0 => (1000.0, "ms"),
            Self::Seconds if top < 600.0 => (1.0, "s"),
            Self::Seconds => (1.0 / 60.0, "min"),
            Self::Rate => format::rate_unit(top),
            Self::Times => (1.0, "×"),
            Self::Percent => (100.0, "%"),
            Self::Packets => (1.0, ""),
            Self::Bytes if top < 1e3 => (1.0, "B"),
            Self::Bytes if top < 1e6 => (1e-3, "kB"),
            Self::Bytes => (1e-6, "MB"),
        }
    }
}

/// Returns a step of 1, 2 or 5 times a power of ten that divides `span` into at most six.
fn step(span: f64) -> f64 {
    let rough = span.max(f64::MIN_POSITIVE) / 6.0;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
    steps
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(span)
}

/// Iterates over the multiples of `step` within the range.
fn rungs(range: &RangeInclusive<f64>, step: f64) -> impl Iterator<Item = f64> {
    let first = (range.start() / step).ceil() as i64;
    let last = (range.end() / step).floor() as i64;
    (first..=last).map(move |rung| rung as f64 * step)
}

/// Formats a number with up to three decimals, without trailing zeros.
fn plain(number: f64) -> String {
    let text = format!("{number:.3}");
    if !text.contains('.') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_few_round_steps() {
        for top in [0.000_3, 0.281, 1.0, 9.9, 42.0, 7200.0, 1e9] {
            for low in [0.0, top * 0.9, -top] {
                let ticks = ticks(Unit::Seconds, &(low..=top));
                assert!((2..=8).contains(&ticks.len()), "{low} {top}: {ticks:?}");
                assert!(ticks.iter().all(|tick| (low..=top).contains(&tick.0)));
            }
        }
    }

    #[test]
    fn all_labels_of_an_axis_share_a_unit() {
        let words = |unit, top| {
            let ticks = ticks(unit, &(0.0..=top));
            ticks
                .into_iter()
                .map(|tick| tick.1)
                .collect::<Vec<_>>()
                .join(", ")
        };
        assert_eq!(words(Unit::Seconds, 2.0), "0 s, 0.5 s, 1 s, 1.5 s, 2 s");
        assert_eq!(
            words(Unit::Seconds, 0.08),
            "0 ms, 20 ms, 40 ms, 60 ms, 80 ms"
        );
        assert_eq!(
            words(Unit::Rate, 3e6),
            "0 MB/s, 0.5 MB/s, 1 MB/s, 1.5 MB/s, 2 MB/s, 2.5 MB/s, 3 MB/s"
        );
        assert_eq!(words(Unit::Times, 10.0), "0 ×, 2 ×, 4 ×, 6 ×, 8 ×, 10 ×");
        assert_eq!(
            words(Unit::Percent, 1.0),
            "0 %, 20 %, 40 %, 60 %, 80 %, 100 %"
        );
    }
}
