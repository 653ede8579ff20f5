//! The limit that the measured times point to, for paths without a model.

use super::experiment::Experiment;
use super::summary::Summary;
use crate::lab::plan::sweep::Sweep;
use lanes_engine::MAX_CONNECTIONS;

/// Each connection counts as fully used if it adds at least this fraction of the rate of the first.
const FULL_SHARE: f64 = 0.7;

/// Speed-ups below this are not worth reporting, even if they are significant.
const MIN_SPEED_UP: f64 = 1.1;

/// The limiting factor of the throughput.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum EmpiricalLimit {
    /// More connections are not faster: the path or the server is the limit.
    Path,
    /// Throughput grows with the number of connections: each connection is limited by itself.
    PerConnection {
        /// `true` if more connections than the largest number tried are possible.
        more_possible: bool,
    },
    /// Throughput grows up to a number of connections: together they reach the limit.
    Shared {
        /// The largest number of connections with proportional growth; `None` if it is the first.
        proportional_up_to: Option<u64>,
        /// Throughput of the best value, in bytes per second.
        throughput: f64,
    },
}

/// Returns the limit that the runs point to. `None` if connections are not swept, if the server is on
/// this machine, and while the runs are too few.
pub(crate) fn empirical_limit(experiment: &Experiment) -> Option<EmpiricalLimit> {
    let Sweep::Connections(_) = experiment.plan.sweep else {
        return None;
    };
    let summaries = &experiment.summaries[..];
    let has_interval = |summary: &Summary| summary.speed_up_interval.is_some();
    let ([first, .., last], true) = (summaries, summaries.iter().all(has_interval)) else {
        return None;
    };
    // The verdict already explains loopback.
    if experiment.plan.is_loopback() {
        return None;
    }
    let is_proportional = |summary: &&Summary| {
        let times_as_many = summary.value as f64 / first.value as f64;
        summary.speed_up >= FULL_SHARE * times_as_many
    };
    // Only up to the first value that is not: a proportional value after it proves little.
    let proportional = summaries.iter().take_while(is_proportional).last()?;
    let faster = experiment
        .best()
        .filter(|best| best.speed_up >= MIN_SPEED_UP);
    Some(match faster {
        None => EmpiricalLimit::Path,
        Some(_) if proportional.value == last.value => EmpiricalLimit::PerConnection {
            more_possible: last.value < u64::from(MAX_CONNECTIONS),
        },
        Some(best) => EmpiricalLimit::Shared {
            proportional_up_to: (proportional.value != first.value).then_some(proportional.value),
            throughput: best.throughput,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::run::timed_run::tests::run;

    #[test]
    fn single_runs_and_loopback_point_to_no_limit() {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 4])));
        experiment.extend([run(1, 4.0), run(4, 1.0)]);
        assert_eq!(empirical_limit(&experiment), None);
        experiment.extend([run(1, 4.0), run(4, 1.0)]);
        assert!(empirical_limit(&experiment).is_some());
        experiment.plan.source = "http://127.0.0.1:8080/f".parse().unwrap();
        assert_eq!(empirical_limit(&experiment), None);
    }
}
