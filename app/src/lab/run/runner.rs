//! Makes the runs of a plan, one after the other. What carries out a run is given to it, so that
//! the tests need no network, as hyperfine does with its mock executor.

use std::sync::Arc;
use std::time::Instant;

use super::run_order;
use super::timed_run::Run;
use super::trace::Trace;
use crate::engine::{FetchError, Outcome};
use crate::lab::analysis::experiment::{Experiment, ExperimentState};

/// After how many failed runs in a row an experiment is given up.
const FAILURES_IN_A_ROW: u32 = 3;

/// What carries out the run of a value of the experiment with this place among those that are made
/// side by side. [`FetchError::Stopped`] ends all of them as cancelled.
pub(crate) type Runner<'a> = dyn FnMut(RunTask) -> Result<CompletedRun, FetchError> + 'a;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunTask {
    /// The place of the experiment among those that are made side by side, from 0.
    pub experiment: usize,
    /// The value to run.
    pub value: u64,
    /// In which round, from 1; 0 is the warm-up.
    pub round: u32,
}

/// What came of a run.
pub(crate) struct CompletedRun {
    /// The download.
    pub outcome: Outcome,
    /// What came when.
    pub trace: Option<Trace>,
}

/// Makes all runs of the experiments side by side and hands each new state of one to `publish`, with
/// its place among them. The last ones published are finished, cancelled or failed.
pub(crate) fn carry_out(
    mut experiments: Vec<Experiment>,
    run: &mut Runner<'_>,
    publish: &mut dyn FnMut(usize, &Experiment),
) {
    for (at, experiment) in experiments.iter().enumerate() {
        publish(at, experiment);
    }
    let end = match make_runs(&mut experiments, run, publish) {
        Ok(()) => ExperimentState::Finished,
        Err(FetchError::Stopped) => ExperimentState::Cancelled,
        Err(error) => ExperimentState::Failed(error.to_string()),
    };
    for (at, experiment) in experiments.iter_mut().enumerate() {
        experiment.state = end.clone();
        publish(at, experiment);
    }
}

/// Runs the warm-ups and every round. An error means that the experiments end before their time.
fn make_runs(
    experiments: &mut [Experiment],
    run: &mut Runner<'_>,
    publish: &mut dyn FnMut(usize, &Experiment),
) -> Result<(), FetchError> {
    let mut in_a_row = 0;
    // The warm-up fills caches and finds the route; its time would only blur the others.
    for (experiment, this) in experiments.iter().enumerate() {
        if let Some(value) = this.plan.sweep.values().first().copied() {
            let turn = RunTask {
                experiment,
                value,
                round: 0,
            };
            keep_going(&run(turn).map(drop), &mut in_a_row)?;
        }
    }
    for (at, experiment) in experiments.iter_mut().enumerate() {
        experiment.state = ExperimentState::Running(None);
        publish(at, experiment);
    }
    let rounds = experiments.iter().map(|this| this.plan.rounds).max();
    for round in 1..=rounds.unwrap_or(0) {
        for turn in turns(experiments, round) {
            let experiment = &mut experiments[turn.experiment];
            experiment.state = ExperimentState::Running(Some(turn.value));
            publish(turn.experiment, experiment);
            let began = Instant::now();
            let result = run(turn);
            if matches!(result, Err(FetchError::Stopped)) {
                return Err(FetchError::Stopped);
            }
            let seconds = began.elapsed().as_secs_f64();
            experiment.state = ExperimentState::Running(None);
            let place = experiment.runs.len() as u32 + 1;
            experiment.push(record(turn, place, seconds, &result));
            publish(turn.experiment, experiment);
            keep_going(&result.map(drop), &mut in_a_row)?;
        }
    }
    Ok(())
}

/// The turns of one round, in random order over all experiments: what else happens on the machine
/// meanwhile happens to all of them.
fn turns(experiments: &[Experiment], round: u32) -> Vec<RunTask> {
    let mut turns = Vec::new();
    for (experiment, this) in experiments.iter().enumerate() {
        if round <= this.plan.rounds {
            let values = this.plan.sweep.values().into_iter();
            turns.extend(values.map(|value| RunTask {
                experiment,
                value,
                round,
            }));
        }
    }
    let seed = experiments.first().map_or(0, |first| first.plan.seed);
    run_order::of_round(&turns, round, seed)
}

/// Counts failures in a row, and says when there were too many or the user wants no more.
fn keep_going(result: &Result<(), FetchError>, in_a_row: &mut u32) -> Result<(), FetchError> {
    match result {
        Ok(()) => *in_a_row = 0,
        // What is not there will not be there in the next run either.
        Err(
            error @ (FetchError::Stopped
            | FetchError::NoSuchFile(_)
            | FetchError::Changed(_)
            | FetchError::Metalink),
        ) => {
            return Err(error.clone());
        }
        Err(FetchError::Failed(reason) | FetchError::Damaged(reason)) => {
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
    turn: RunTask,
    place: u32,
    seconds: f64,
    result: &Result<CompletedRun, FetchError>,
) -> Run {
    let done = result.as_ref().ok();
    let outcome = done.map(|done| &done.outcome);
    Run {
        value: turn.value,
        round: turn.round,
        place,
        seconds: outcome.map_or(seconds, |outcome| outcome.elapsed.as_secs_f64()),
        bytes: outcome.map_or(0, |outcome| outcome.bytes),
        connections: outcome.map_or(0, |outcome| outcome.connections),
        retries: outcome.map_or(0, |outcome| outcome.retries),
        lateness_p99_us: outcome
            .and_then(|outcome| outcome.link_report)
            .map(|report| report.lateness_p99_us),
        error: result.as_ref().err().map(ToString::to_string),
        notices: outcome.map_or_else(Vec::new, |outcome| outcome.notices.clone()),
        trace: done.and_then(|done| done.trace.clone()).map(Arc::new),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use lanes_shared::checksum::Digest;

    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;

    fn done(value: u64) -> CompletedRun {
        let outcome = Outcome {
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
        };
        let trace = None;
        CompletedRun { outcome, trace }
    }

    fn failed() -> Result<CompletedRun, FetchError> {
        Err(FetchError::Failed("the server hung up".to_owned()))
    }

    /// Every state that an experiment over 1, 5 and 10 connections published.
    fn published(run: &mut Runner<'_>) -> Vec<Experiment> {
        let mut all = Vec::new();
        let plan = plan(Sweep::Connections(vec![1, 5, 10]));
        let experiments = vec![Experiment::new(plan)];
        carry_out(experiments, run, &mut |_, experiment| {
            all.push(experiment.clone());
        });
        all
    }

    #[test]
    fn every_value_is_run_once_a_round_after_one_warm_up() {
        let mut asked = Vec::new();
        let all = published(&mut |turn| {
            asked.push(turn.value);
            Ok(done(turn.value))
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
        assert!(last.verdict().starts_with("Best: 10 connections, 100 ms"));
    }

    #[test]
    fn each_run_is_published_when_it_is_done_and_the_next_is_named() {
        let all = published(&mut |turn| Ok(done(turn.value)));
        let running: Vec<usize> = all
            .iter()
            .filter(|experiment| matches!(experiment.state, ExperimentState::Running(Some(_))))
            .map(|experiment| experiment.runs.len())
            .collect();
        assert_eq!(running, (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn a_failed_run_is_kept_with_its_reason_and_counts_nowhere() {
        let mut place = 0;
        let all = published(&mut |turn| {
            place += 1;
            if place == 3 {
                failed()
            } else {
                Ok(done(turn.value))
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
        let all = published(&mut |turn| {
            left -= 1;
            if left < 0 {
                failed()
            } else {
                Ok(done(turn.value))
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
            let all = published(&mut |turn| {
                left -= 1;
                if left < 0 {
                    Err(FetchError::Stopped)
                } else {
                    Ok(done(turn.value))
                }
            });
            let last = all.last().unwrap();
            assert_eq!(last.state, ExperimentState::Cancelled);
            assert_eq!(last.runs.len(), (after as usize).saturating_sub(1));
        }
    }

    #[test]
    fn experiments_side_by_side_share_each_round() {
        let plans = [
            plan(Sweep::Connections(vec![1, 5, 10])),
            plan(Sweep::Connections(vec![1])),
        ];
        let mut asked = Vec::new();
        let mut last = [None, None];
        let run = &mut |turn: RunTask| {
            asked.push(turn);
            Ok(done(turn.value))
        };
        let experiments = plans.map(Experiment::new).into();
        carry_out(experiments, run, &mut |at, now| {
            last[at] = Some(now.clone());
        });
        let warm_up = |experiment| RunTask {
            experiment,
            value: 1,
            round: 0,
        };
        assert_eq!(asked[..2], [warm_up(0), warm_up(1)]);
        for (round, turns) in asked[2..].chunks(4).enumerate() {
            assert!(turns.iter().all(|turn| turn.round as usize == round + 1));
            assert_eq!(turns.iter().filter(|turn| turn.experiment == 1).count(), 1);
        }
        let runs = last
            .iter()
            .flatten()
            .map(|now| (now.runs.len(), &now.state));
        let end = &ExperimentState::Finished;
        assert_eq!(runs.collect::<Vec<_>>(), [(9, end), (3, end)]);
    }
}
