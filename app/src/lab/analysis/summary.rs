//! Summaries of the runs of each value.

use serde::{Deserialize, Serialize};

use super::statistics::{median, quantile, ratio_interval};
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::sweep::Sweep;
use crate::lab::run::timed_run::Run;

/// The summary of the runs of one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The value.
    pub value: u64,
    /// Number of good runs.
    pub runs: usize,
    /// Number of failed runs.
    pub failed: usize,
    /// Median completion time in seconds.
    pub median_secs: f64,
    /// Shortest completion time in seconds.
    pub min_secs: f64,
    /// Longest completion time in seconds.
    pub max_secs: f64,
    /// Median time of the first value divided by that of this value; for file sizes, the ratio of the
    /// throughputs.
    pub speed_up: f64,
    /// 95 % bootstrap interval of the speed-up, or its range with fewer than five runs of either value;
    /// `None` with fewer than two.
    pub speed_up_interval: Option<(f64, f64)>,
    /// Length of the file divided by the median, in bytes per second.
    pub throughput: f64,
}

/// Returns the summary of each value with at least one good run, in the order of the plan. The first
/// of them is the baseline of the others.
pub(crate) fn summarise(plan: &Plan, runs: &[Run]) -> Vec<Summary> {
    let values = plan.sweep.values();
    let mut all = values
        .into_iter()
        .filter_map(|value| ValueRuns::of(runs, value))
        .peekable();
    let Some(first) = all.peek().cloned() else {
        return Vec::new();
    };
    all.map(|runs| runs.summary(&first, plan)).collect()
}

/// Returns the summary of the runs with `value` in `others`, which are not values of the plan, compared
/// with the first value of the plan; `None` without a good run of both.
pub(super) fn summarise_other(
    plan: &Plan,
    runs: &[Run],
    others: &[Run],
    value: u64,
) -> Option<Summary> {
    let values = plan.sweep.values().into_iter();
    let first = values
        .filter_map(|value| ValueRuns::of(runs, value))
        .next()?;
    Some(ValueRuns::of(others, value)?.summary(&first, plan))
}

/// Returns the completion times of the good runs of `value` in seconds, in the order in which they
/// were carried out.
pub(crate) fn seconds_of(runs: &[Run], value: u64) -> Vec<f64> {
    let good = runs
        .iter()
        .filter(|run| run.value == value && run.is_good());
    good.map(|run| run.seconds).collect()
}

/// The runs of one value, with their median.
#[derive(Clone)]
struct ValueRuns {
    value: u64,
    seconds: Vec<f64>,
    median_secs: f64,
    failed: usize,
    bytes: u64,
}

impl ValueRuns {
    fn of(runs: &[Run], value: u64) -> Option<Self> {
        let of_value = || runs.iter().filter(|run| run.value == value);
        let seconds = seconds_of(runs, value);
        Some(Self {
            value,
            median_secs: median(&seconds)?,
            seconds,
            failed: of_value().filter(|run| !run.is_good()).count(),
            bytes: of_value().find(|run| run.is_good())?.bytes,
        })
    }

    fn summary(&self, first: &Self, plan: &Plan) -> Summary {
        // Larger files take longer, so files are compared by their time per byte.
        let scale = match plan.sweep {
            Sweep::FileSize(_) if first.bytes > 0 => self.bytes as f64 / first.bytes as f64,
            _ => 1.0,
        };
        let interval = if self.value == first.value {
            // The baseline compared with itself.
            (self.seconds.len() > 1).then_some((1.0, 1.0))
        } else {
            let seed = plan.seed ^ self.value;
            ratio_interval(&first.seconds, &self.seconds, seed)
                .map(|(low, high)| (low * scale, high * scale))
        };
        Summary {
            value: self.value,
            runs: self.seconds.len(),
            failed: self.failed,
            median_secs: self.median_secs,
            min_secs: quantile(&self.seconds, 0.0).unwrap_or(self.median_secs),
            max_secs: quantile(&self.seconds, 1.0).unwrap_or(self.median_secs),
            speed_up: scale * ratio(first.median_secs, self.median_secs),
            speed_up_interval: interval.filter(|(low, high)| low.is_finite() && high.is_finite()),
            throughput: ratio(self.bytes as f64, self.median_secs),
        }
    }
}

/// Returns a quotient that is finite even if the clock measured no time.
fn ratio(numerator: f64, denominator: f64) -> f64 {
    numerator / denominator.max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::run::timed_run::tests::run;

    fn failed(value: u64) -> Run {
        let error = Some("the server hung up".to_owned());
        Run {
            error,
            ..run(value, 99.0)
        }
    }

    #[test]
    fn values_are_compared_with_the_first_one() {
        let plan = plan(Sweep::Connections(vec![1, 5, 10]));
        let runs = [
            run(5, 2.0),
            run(1, 8.0),
            failed(5),
            run(1, 10.0),
            run(5, 2.5),
            run(5, 1.0),
        ];
        let summaries = summarise(&plan, &runs);
        let [one, five] = &summaries[..] else {
            panic!("{summaries:?}")
        };
        assert_eq!((one.value, one.runs, one.failed), (1, 2, 0));
        assert_eq!((one.median_secs, one.speed_up), (9.0, 1.0));
        assert_eq!(one.speed_up_interval, Some((1.0, 1.0)));
        assert_eq!((five.value, five.runs, five.failed), (5, 3, 1));
        assert_eq!(
            (five.min_secs, five.median_secs, five.max_secs),
            (1.0, 2.0, 2.5)
        );
        assert_eq!((five.speed_up, five.throughput), (4.5, 500_000.0));
        let (low, high) = five.speed_up_interval.unwrap();
        assert!((3.0..=3.3).contains(&low) && (8.0..=10.0).contains(&high));
    }

    #[test]
    fn a_single_run_has_no_interval() {
        let plan = plan(Sweep::Connections(vec![1, 5]));
        let summaries = summarise(&plan, &[run(1, 1.0), run(5, 1.0)]);
        assert!(summaries.iter().all(|s| s.speed_up_interval.is_none()));
    }

    #[test]
    fn files_are_compared_by_throughput() {
        let plan = plan(Sweep::FileSize(vec![1_000_000, 4_000_000]));
        let large = Run {
            bytes: 4_000_000,
            ..run(4_000_000, 2.0)
        };
        let summaries = summarise(&plan, &[run(1_000_000, 1.0), large]);
        assert_eq!(summaries[1].speed_up, 2.0);
        assert_eq!(summaries[1].throughput, 2_000_000.0);
    }

    #[test]
    fn times_of_zero_give_finite_figures() {
        let plan = plan(Sweep::Connections(vec![1, 5]));
        let runs = [run(1, 0.0), run(1, 0.0), run(5, 0.0), run(5, 0.0)];
        for summary in summarise(&plan, &runs) {
            assert!(summary.speed_up.is_finite() && summary.throughput.is_finite());
        }
    }
}
