//! Makes the runs of a plan, one after the other. What carries out a run is given to it, so that
//! the tests need no network, as hyperfine does with its mock executor.

use std::time::Instant;

use super::experiment::{Experiment, ExperimentState};
use super::order;
use super::plan::Plan;
use super::run::Run;
use crate::engine::{FetchError, Outcome};

/// After how many failed runs in a row an experiment is given up.
const FAILURES_IN_A_ROW: u32 = 3;

/// What carries out the run of a value. [`FetchError::Stopped`] ends the experiment as cancelled.
pub(super) type Runner<'a> = dyn FnMut(u64) -> Result<Outcome, FetchError> + 'a;

/// Makes all runs and hands each new state of the experiment to `publish`. The last one published
/// is finished, cancelled or failed.
pub(super) fn carry_out(plan: Plan, run: &mut Runner<'_>, publish: &mut dyn FnMut(&Experiment)) {
    let mut experiment = Experiment::new(plan);
    publish(&experiment);
    experiment.state = match make_runs(&mut experiment, run, publish) {
        Ok(()) => ExperimentState::Finished,
        Err(FetchError::Stopped) => ExperimentState::Cancelled,
        Err(error) => ExperimentState::Failed(error.to_string()),
    };
    publish(&experiment);
}

/// Runs the warm-up and every round. An error means that the experiment ends before its time.
fn make_runs(
    experiment: &mut Experiment,
    run: &mut Runner<'_>,
    publish: &mut dyn FnMut(&Experiment),
) -> Result<(), FetchError> {
    let values = experiment.plan.variable.values();
    let mut in_a_row = 0;
    // The warm-up fills caches and finds the route; its time would only blur the others.
    if let Some(first) = values.first() {
        keep_going(&run(*first).map(drop), &mut in_a_row)?;
    }
    for round in 1..=experiment.plan.rounds {
        for value in order::of_round(&values, round, experiment.plan.seed) {
            experiment.state = ExperimentState::Running(value);
            publish(experiment);
            let began = Instant::now();
            let result = run(value);
            if matches!(result, Err(FetchError::Stopped)) {
                return Err(FetchError::Stopped);
            }
            let seconds = began.elapsed().as_secs_f64();
            experiment.push(record(experiment, value, round, seconds, &result));
            keep_going(&result.map(drop), &mut in_a_row)?;
        }
    }
    Ok(())
}

/// Counts failures in a row, and says when there were too many or the user wants no more.
fn keep_going(result: &Result<(), FetchError>, in_a_row: &mut u32) -> Result<(), FetchError> {
    match result {
        Ok(()) => *in_a_row = 0,
        // What is not there will not be there in the next run either.
        Err(error @ (FetchError::Stopped | FetchError::NoSuchFile(_) | FetchError::Changed(_))) => {
            return Err(error.clone());
        }
        Err(FetchError::Failed(reason)) => {
            *in_a_row += 1;
            if *in_a_row >= FAILURES_IN_A_ROW {
                return Err(FetchError::Failed(format!(
                    "{FAILURES_IN_A_ROW} runs in a row failed; the last one: {reason}"
                )));
            }
        }
    }
    Ok(())
}

fn record(
    experiment: &Experiment,
    value: u64,
    round: u32,
    seconds: f64,
    result: &Result<Outcome, FetchError>,
) -> Run {
    let outcome = result.as_ref().ok();
    Run {
        value,
        round,
        place: experiment.runs.len() as u32 + 1,
        seconds: outcome.map_or(seconds, |outcome| outcome.elapsed.as_secs_f64()),
        bytes: outcome.map_or(0, |outcome| outcome.bytes),
        connections: outcome.map_or(0, |outcome| outcome.connections),
        retries: outcome.map_or(0, |outcome| outcome.retries),
        lateness_p99_us: outcome
            .and_then(|outcome| outcome.link_report)
            .map(|report| report.lateness_p99_us),
        error: result.as_ref().err().map(ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use lanes_shared::checksum::Digest;

    use super::*;
    use crate::lab::plan::Variable;
    use crate::lab::plan::tests::plan;

    fn outcome(value: u64) -> Outcome {
        Outcome {
            path: PathBuf::new(),
            bytes: 1_000_000,
            elapsed: Duration::from_millis(1000 / value),
            connections: value as u16,
            resumed_bytes: 0,
            retries: 0,
            digest: Some(Digest([0; 32])),
            checked: vec!["BLAKE3"],
            link_report: None,
            notices: Vec::new(),
        }
    }

    fn failed() -> Result<Outcome, FetchError> {
        Err(FetchError::Failed("the server hung up".to_owned()))
    }

    /// Every state that an experiment over 1, 5 and 10 connections published.
    fn published(run: &mut Runner<'_>) -> Vec<Experiment> {
        let mut all = Vec::new();
        let plan = plan(Variable::Connections(vec![1, 5, 10]));
        carry_out(plan, run, &mut |experiment| all.push(experiment.clone()));
        all
    }

    #[test]
    fn every_value_is_run_once_a_round_after_one_warm_up() {
        let mut asked = Vec::new();
        let all = published(&mut |value| {
            asked.push(value);
            Ok(outcome(value))
        });
        assert_eq!(asked.len(), 10);
        assert_eq!(all[0].state, ExperimentState::WarmingUp);
        assert_eq!(all[0].total, 9);
        let last = all.last().unwrap();
        assert_eq!(last.state, ExperimentState::Finished);
        assert_eq!(last.runs.len(), 9);
        assert!(last.runs.iter().map(|run| run.place).eq(1..=9));
        assert!(
            last.runs
                .iter()
                .zip(&asked[1..])
                .all(|(run, value)| run.value == *value)
        );
        for round in last.runs.chunks(3) {
            let mut values: Vec<u64> = round.iter().map(|run| run.value).collect();
            values.sort_unstable();
            assert_eq!(values, [1, 5, 10]);
        }
        assert_eq!(last.summaries[2].speed_up, 10.0);
        assert!(last.verdict.starts_with("Best: 10 connections, 100 ms"));
    }

    #[test]
    fn each_run_is_published_when_it_is_done_and_the_next_is_named() {
        let all = published(&mut |value| Ok(outcome(value)));
        let running: Vec<usize> = all
            .iter()
            .filter(|experiment| matches!(experiment.state, ExperimentState::Running(_)))
            .map(|experiment| experiment.runs.len())
            .collect();
        assert_eq!(running, (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn a_failed_run_is_kept_with_its_reason_and_counts_nowhere() {
        let mut place = 0;
        let all = published(&mut |value| {
            place += 1;
            if place == 3 {
                failed()
            } else {
                Ok(outcome(value))
            }
        });
        let last = all.last().unwrap();
        assert_eq!(last.state, ExperimentState::Finished);
        assert_eq!(last.runs[1].error.as_deref(), Some("the server hung up"));
        assert_eq!(last.summaries.iter().map(|s| s.runs).sum::<usize>(), 8);
        assert_eq!(last.summaries.iter().map(|s| s.failed).sum::<usize>(), 1);
    }

    #[test]
    fn three_failures_in_a_row_end_it() {
        let mut left = 4;
        let all = published(&mut |value| {
            left -= 1;
            if left < 0 {
                failed()
            } else {
                Ok(outcome(value))
            }
        });
        let last = all.last().unwrap();
        assert!(matches!(&last.state, ExperimentState::Failed(words) if words.contains("hung up")));
        assert_eq!(last.runs.len(), 6);
        let all = published(&mut |_| failed());
        assert_eq!(all.last().unwrap().runs.len(), 2, "the warm-up counts too");
    }

    #[test]
    fn stopping_keeps_what_is_done() {
        for after in [0, 4] {
            let mut left = after;
            let all = published(&mut |value| {
                left -= 1;
                if left < 0 {
                    Err(FetchError::Stopped)
                } else {
                    Ok(outcome(value))
                }
            });
            let last = all.last().unwrap();
            assert_eq!(last.state, ExperimentState::Cancelled);
            assert_eq!(last.runs.len(), (after as usize).saturating_sub(1));
        }
    }
}
