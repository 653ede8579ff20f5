//! Metrics: a completion time, or a figure derived from it.

use lanes_shared::size::{self, Units};

use super::format;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Sweep;

/// A metric of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Completion time in seconds.
    Time,
    /// Length of the file divided by the completion time, in bytes per second.
    Throughput,
    /// Speed relative to the first value; for file sizes, relative time per byte.
    SpeedUp,
    /// Speed-up divided by the ratio of the numbers of connections; usually 0 to 1.
    Efficiency,
}

/// The baseline of a comparison: a value and its completion time in seconds.
pub type Base = (u64, f64);

impl Metric {
    /// All metrics in display order.
    pub const ALL: [Self; 4] = [
        Self::Time,
        Self::Throughput,
        Self::SpeedUp,
        Self::Efficiency,
    ];

    /// Returns the name, as an axis label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Time => "completion time",
            Self::Throughput => "throughput",
            Self::SpeedUp => "speed-up",
            Self::Efficiency => "efficiency",
        }
    }

    /// Returns the unit on an axis and the factor that converts a figure to it.
    pub fn unit(self) -> (&'static str, f64) {
        match self {
            Self::Time => ("s", 1.0),
            Self::Throughput => match size::units() {
                Units::Si => ("MB/s", 1e-6),
                Units::Bits => ("Mbit/s", 8e-6),
                Units::Iec => ("MiB/s", 1.0 / f64::from(1 << 20)),
            },
            Self::SpeedUp => ("×", 1.0),
            Self::Efficiency => ("%", 100.0),
        }
    }

    /// Formats a figure with its unit.
    pub fn format(self, figure: f64) -> String {
        match self {
            Self::Time => format::time(figure),
            Self::Throughput => size::rate(figure),
            Self::SpeedUp => format!("{} ×", format::ratio(figure)),
            Self::Efficiency => format!("{:.0} %", figure * 100.0),
        }
    }

    /// Returns whether the metric is defined for the sweep: efficiency is, for connections only.
    pub fn applies_to(self, sweep: &Sweep) -> bool {
        self != Self::Efficiency || matches!(sweep, Sweep::Connections(_))
    }

    /// Converts a completion time of `secs` with `value`, which may lie between two swept values, to
    /// this metric. `None` if it is undefined: no baseline, no length, or a time of 0.
    pub fn of(
        self,
        experiment: &Experiment,
        base: Option<Base>,
        value: f64,
        secs: f64,
    ) -> Option<f64> {
        let bytes = |value: f64| match experiment.plan.sweep {
            Sweep::FileSize(_) => Some(value),
            _ => experiment.len.map(|len| len as f64),
        };
        let figure = match self {
            Self::Time => secs,
            Self::Throughput => bytes(value)? / secs,
            Self::SpeedUp => {
                let (first, first_secs) = base?;
                match experiment.plan.sweep {
                    Sweep::FileSize(_) => first_secs / secs * value / first as f64,
                    _ => first_secs / secs,
                }
            }
            Self::Efficiency => {
                let (first, first_secs) =
                    base.filter(|_| self.applies_to(&experiment.plan.sweep))?;
                first_secs / secs * first as f64 / value
            }
        };
        figure.is_finite().then_some(figure)
    }
}

impl Metric {
    /// Converts a completion time of `secs` over HTTP/3, whose one connection counts as one. `None` for the
    /// efficiency, which compares numbers of connections.
    pub fn of_http3(self, experiment: &Experiment, secs: f64) -> Option<f64> {
        match self {
            Self::Efficiency => None,
            _ => self.of(experiment, experiment.base(), 1.0, secs),
        }
    }
}

impl Experiment {
    /// Returns the baseline of the measured values: the first one with a good run.
    pub fn base(&self) -> Option<Base> {
        let first = self.summaries.first()?;
        Some((first.value, first.median_secs))
    }

    /// Returns the baseline of the predicted values.
    pub fn predicted_base(&self) -> Option<Base> {
        let first = self.predictions.first()?;
        Some((first.value, first.median_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::run::timed_run::tests::run;

    #[test]
    fn a_time_converts_to_four_metrics() {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![2, 8])));
        experiment.push(run(2, 4.0));
        let of =
            |metric: Metric, value, secs| metric.of(&experiment, experiment.base(), value, secs);
        assert_eq!(of(Metric::Time, 8.0, 2.0), Some(2.0));
        assert_eq!(of(Metric::Throughput, 8.0, 2.0), Some(500_000.0));
        assert_eq!(of(Metric::SpeedUp, 8.0, 2.0), Some(2.0));
        assert_eq!(of(Metric::Efficiency, 8.0, 2.0), Some(0.5));
        assert_eq!(of(Metric::Throughput, 8.0, 0.0), None);
        assert_eq!(Metric::SpeedUp.of(&experiment, None, 8.0, 2.0), None);
    }

    #[test]
    fn files_are_compared_per_byte_and_have_no_efficiency() {
        let mut experiment = Experiment::new(plan(Sweep::FileSize(vec![1_000_000, 4_000_000])));
        experiment.push(run(1_000_000, 1.0));
        let base = experiment.base();
        let of = |metric: Metric| metric.of(&experiment, base, 4e6, 2.0);
        assert_eq!(
            (of(Metric::SpeedUp), of(Metric::Throughput)),
            (Some(2.0), Some(2e6))
        );
        assert_eq!(of(Metric::Efficiency), None);
        assert_eq!(Metric::Efficiency.format(0.753), "75 %");
    }
}
