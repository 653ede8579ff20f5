//! Carries out the runs of plans, one after the other, and reports each as an event.
//!
//! The caller passes the function that carries out a single run, so that tests need no network
//! (as hyperfine does with its mock executor).

use std::sync::Arc;
use std::time::Instant;

use super::experiment_state::ExperimentState;
use super::run_order;
use super::timed_run::{HTTP3_VALUE, Run};
use super::trace::Trace;
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::http_runs::Http3Choice;
use lanes_engine::{FetchError, Outcome};

/// An experiment ends early after this many failed runs in a row.
const MAX_FAILURES_IN_A_ROW: u32 = 3;

/// A function that carries out one run. [`FetchError::Stopped`] cancels all experiments.
pub(crate) type Execute<'a> = dyn FnMut(RunTask) -> Result<CompletedRun, FetchError> + 'a;

/// One run to carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunTask {
    /// Index of the plan.
    pub experiment: usize,
    /// The value to run.
    pub value: u64,
    /// The file is fetched over one HTTP/3 connection; `value` does not count.
    pub is_http3: bool,
    /// The round, from 1; 0 is the warm-up.
    pub round: u32,
}

/// The result of a successful run.
pub(crate) struct CompletedRun {
    /// The download.
    pub outcome: Outcome,
    /// Its progress over time.
    pub trace: Option<Trace>,
    /// Its recording as bytes.
    pub recording: Option<Vec<u8>>,
}

/// A change of one experiment.
pub(crate) enum RunEvent {
    /// It changes its state.
    State(ExperimentState),
    /// A run ended, well or not. No run is carried out until the next event.
    Ended(Run),
    /// The same, of a run over HTTP/3.
    EndedHttp3(Run),
    /// No run over HTTP/3 follows, for this reason.
    NoHttp3(String),
}

/// Carries out all runs of the plans side by side and reports the events of each plan with its
/// index. The last event of each is [`ExperimentState::Finished`], `Cancelled` or `Failed`.
pub(crate) fn run_all(
    plans: &[Plan],
    execute: &mut Execute<'_>,
    on_event: &mut dyn FnMut(usize, RunEvent),
) {
    let report_all = |state: &ExperimentState, on_event: &mut dyn FnMut(usize, RunEvent)| {
        for index in 0..plans.len() {
            on_event(index, RunEvent::State(state.clone()));
        }
    };
    report_all(&ExperimentState::WarmingUp, on_event);
    let mut failures = Failures::default();
    let ended = run_warm_ups(plans, execute, &mut failures).and_then(|()| {
        let mut http3 = find_http3(plans, execute, on_event)?;
        report_all(&ExperimentState::Running(None), on_event);
        run_rounds(plans, execute, on_event, &mut failures, &mut http3)
    });
    let state = match ended {
        Ok(()) => ExperimentState::Finished,
        Err(FetchError::Stopped) => ExperimentState::Cancelled,
        Err(error) => ExperimentState::Failed(error.to_string()),
    };
    report_all(&state, on_event);
}

/// Runs the first value of each plan once. The warm-up fills caches and finds the route; its time
/// would only add noise to the others.
fn run_warm_ups(
    plans: &[Plan],
    execute: &mut Execute<'_>,
    failures: &mut Failures,
) -> Result<(), FetchError> {
    for (experiment, plan) in plans.iter().enumerate() {
        if let Some(value) = plan.sweep.values().first().copied() {
            let task = RunTask {
                experiment,
                value,
                is_http3: false,
                round: 0,
            };
            failures.check(&execute(task).map(drop))?;
        }
    }
    Ok(())
}

/// The runs over HTTP/3 of one plan.
#[derive(Clone, Copy, Default)]
struct Http3Runs {
    /// They are carried out.
    is_on: bool,
    /// Failures since the last success.
    failures: u32,
}

/// Finds out which of the servers speak HTTP/3, if their plans ask for it. Runs over TCP do not depend on it.
fn find_http3(
    plans: &[Plan],
    execute: &mut Execute<'_>,
    on_event: &mut dyn FnMut(usize, RunEvent),
) -> Result<Vec<Http3Runs>, FetchError> {
    let mut all = vec![Http3Runs::default(); plans.len()];
    for (experiment, plan) in plans.iter().enumerate() {
        if plan.http.http3 == Http3Choice::Never {
            continue;
        }
        match execute(http3_task(experiment, 0)) {
            Ok(_) => all[experiment].is_on = true,
            Err(FetchError::Stopped) => return Err(FetchError::Stopped),
            Err(error) => on_event(experiment, RunEvent::NoHttp3(error.to_string())),
        }
    }
    Ok(all)
}

fn http3_task(experiment: usize, round: u32) -> RunTask {
    RunTask {
        experiment,
        value: HTTP3_VALUE,
        is_http3: true,
        round,
    }
}

/// Runs every round. An error ends the experiments early.
fn run_rounds(
    plans: &[Plan],
    execute: &mut Execute<'_>,
    on_event: &mut dyn FnMut(usize, RunEvent),
    failures: &mut Failures,
    http3: &mut [Http3Runs],
) -> Result<(), FetchError> {
    let mut places = vec![0_u32; plans.len()];
    let rounds = plans.iter().map(|plan| plan.rounds).max();
    for round in 1..=rounds.unwrap_or(0) {
        for task in tasks_of_round(plans, round, http3) {
            let running = ExperimentState::Running((!task.is_http3).then_some(task.value));
            on_event(task.experiment, RunEvent::State(running));
            let began = Instant::now();
            let result = execute(task);
            if matches!(result, Err(FetchError::Stopped)) {
                return Err(FetchError::Stopped);
            }
            let seconds = began.elapsed().as_secs_f64();
            let place = &mut places[task.experiment];
            *place += 1;
            let run = record(task, *place, seconds, &result);
            if task.is_http3 {
                let error = run.error.clone();
                on_event(task.experiment, RunEvent::EndedHttp3(run));
                let reason = http3[task.experiment].count(error);
                let ended = reason.map(RunEvent::NoHttp3);
                ended
                    .into_iter()
                    .for_each(|event| on_event(task.experiment, event));
                continue;
            }
            on_event(task.experiment, RunEvent::Ended(run));
            failures.check(&result.map(drop))?;
        }
    }
    Ok(())
}

/// Returns the runs of one round, in random order over all plans, so that other load on the machine
/// affects all of them alike.
fn tasks_of_round(plans: &[Plan], round: u32, http3: &[Http3Runs]) -> Vec<RunTask> {
    let mut tasks = Vec::new();
    for (experiment, plan) in plans.iter().enumerate() {
        if round <= plan.rounds {
            let values = plan.sweep.values().into_iter();
            tasks.extend(values.map(|value| RunTask {
                experiment,
                value,
                is_http3: false,
                round,
            }));
            let is_on = http3.get(experiment).is_some_and(|runs| runs.is_on);
            tasks.extend(is_on.then(|| http3_task(experiment, round)));
        }
    }
    let seed = plans.first().map_or(0, |first| first.seed);
    run_order::shuffled(&tasks, round, seed)
}

impl Http3Runs {
    /// Counts the result of a run. Returns the reason if no further one is carried out.
    fn count(&mut self, error: Option<String>) -> Option<String> {
        let Some(error) = error else {
            self.failures = 0;
            return None;
        };
        self.failures += 1;
        self.is_on = self.failures < MAX_FAILURES_IN_A_ROW;
        (!self.is_on)
            .then(|| format!("{MAX_FAILURES_IN_A_ROW} runs in a row failed; the last one: {error}"))
    }
}

/// The number of failures since the last success.
#[derive(Default)]
struct Failures {
    in_a_row: u32,
}

impl Failures {
    /// Counts the result of a run. Returns an error if the experiments must end.
    fn check(&mut self, result: &Result<(), FetchError>) -> Result<(), FetchError> {
        match result {
            Ok(()) => self.in_a_row = 0,
            // The next run would fail in the same way.
            Err(
                error @ (FetchError::Stopped
                | FetchError::NoSuchFile(_)
                | FetchError::Changed(_)
                | FetchError::Metalink),
            ) => {
                return Err(error.clone());
            }
            Err(FetchError::Failed(reason) | FetchError::Damaged(reason)) => {
                self.in_a_row += 1;
                if self.in_a_row >= MAX_FAILURES_IN_A_ROW {
                    return Err(FetchError::Failed(format!(
                        "{MAX_FAILURES_IN_A_ROW} runs in a row failed; the last one: {reason}"
                    )));
                }
            }
        }
        Ok(())
    }
}

fn record(
    task: RunTask,
    place: u32,
    seconds: f64,
    result: &Result<CompletedRun, FetchError>,
) -> Run {
    let completed = result.as_ref().ok();
    let outcome = completed.map(|completed| &completed.outcome);
    Run {
        value: task.value,
        round: task.round,
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
        trace: completed
            .and_then(|completed| completed.trace.clone())
            .map(Arc::new),
        recording: completed
            .and_then(|completed| completed.recording.as_deref())
            .map(Arc::from),
    }
}
