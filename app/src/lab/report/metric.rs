//! What a completion time is seen as: the time itself, or what it amounts to.

use lanes_shared::size::{self, Units};

use super::format;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Sweep;

/// What a completion time is seen as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// The time itself, in seconds.
    Time,
    /// Length of the file divided by it, in bytes a second.
    Throughput,
    /// How many times as fast as the first value; for file sizes a byte is what is compared.
    SpeedUp,
    /// The speed-up divided by how many times as many connections it took, 0 to 1 and, with luck, more.
    Efficiency,
}

/// What others are compared with: a value and its completion time in seconds.
pub type Base = (u64, f64);

impl Metric {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [
        Self::Time,
        Self::Throughput,
        Self::SpeedUp,
        Self::Efficiency,
    ];

    /// Its name: an axis label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Time => "completion time",
            Self::Throughput => "throughput",
            Self::SpeedUp => "speed-up",
            Self::Efficiency => "efficiency",
        }
    }

    /// Its unit on an axis, and by how much a figure is multiplied to be in it.
    pub fn unit(self) -> (&'static str, f64) {
        match self {
            Self::Time => ("s", 1.0),
            Self::Throughput => match size::units() {
                Units::Si => ("MB/s", 1e-6),
                Units::Iec => ("MiB/s", 1.0 / f64::from(1 << 20)),
            },
            Self::SpeedUp => ("×", 1.0),
            Self::Efficiency => ("%", 100.0),
        }
    }

    /// A figure with its unit.
    pub fn format(self, figure: f64) -> String {
        match self {
            Self::Time => format::time(figure),
            Self::Throughput => size::rate(figure),
            Self::SpeedUp => format!("{} ×", format::ratio(figure)),
            Self::Efficiency => format!("{:.0} %", figure * 100.0),
        }
    }

    /// Whether it can be said of what is varied: only connections are used more or less well.
    pub fn applies_to(self, sweep: &Sweep) -> bool {
        self != Self::Efficiency || matches!(sweep, Sweep::Connections(_))
    }

    /// Whether a smaller figure is the better one.
    pub fn is_lower_better(self) -> bool {
        self == Self::Time
    }

    /// A completion time of `secs` with `value` (which may lie between two values) as this measure.
    /// `None` where it cannot be said: no base, no length, no time.
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

impl Experiment {
    /// What the measured values are compared with: the first one that has a good run.
    pub fn base(&self) -> Option<Base> {
        let first = self.summaries.first()?;
        Some((first.value, first.median_secs))
    }

    /// What the foreseen values are compared with.
    pub fn predicted_base(&self) -> Option<Base> {
        let first = self.predictions.first()?;
        Some((first.value, first.median_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::analysis::summary::tests::run;
    use crate::lab::plan::experiment_plan::tests::plan;

    #[test]
    fn a_time_is_seen_in_four_ways() {
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
    fn files_are_compared_by_the_byte_and_have_no_efficiency() {
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
