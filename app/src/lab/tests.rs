//! Tests of the runner together with the experiments that its events build.

use std::path::PathBuf;
use std::time::Duration;

use lanes_shared::checksum::Digest;

use super::analysis::experiment::Experiment;
use super::plan::experiment_plan::tests::plan;
use super::plan::http_runs::Http3Choice;
use super::plan::sweep::Sweep;
use super::run::experiment_state::ExperimentState;
use super::run::runner::{CompletedRun, Execute, RunTask, run_all};
use lanes_engine::{FetchError, Outcome};

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
        beside: None,
        link_report: None,
        notices: Vec::new(),
    };
    CompletedRun {
        outcome,
        trace: None,
        recording: None,
    }
}

fn failed() -> Result<CompletedRun, FetchError> {
    Err(FetchError::Failed("the server hung up".to_owned()))
}

/// Returns an experiment with 1, 5 and 10 connections after each event.
fn after_each_event(execute: &mut Execute<'_>) -> Vec<Experiment> {
    let mut all = Vec::new();
    let plan = plan(Sweep::Connections(vec![1, 5, 10]));
    let mut experiment = Experiment::new(plan.clone());
    run_all(&[plan], execute, &mut |_, event| {
        experiment.apply(event);
        all.push(experiment.clone());
    });
    all
}

#[test]
fn each_round_runs_every_value_once_after_one_warm_up() {
    let mut tasks = Vec::new();
    let all = after_each_event(&mut |task| {
        tasks.push(task.value);
        Ok(done(task.value))
    });
    assert_eq!(tasks.len(), 10);
    assert_eq!(all[0].state, ExperimentState::WarmingUp);
    assert_eq!(all[0].total, 9);
    let last = all.last().unwrap();
    assert_eq!(last.state, ExperimentState::Finished);
    assert_eq!(last.runs.len(), 9);
    assert!(last.runs.iter().map(|run| run.place).eq(1..=9));
    assert!(
        last.runs
            .iter()
            .zip(&tasks[1..])
            .all(|(run, value)| run.value == *value)
    );
    for round in last.runs.chunks(3) {
        let mut values: Vec<u64> = round.iter().map(|run| run.value).collect();
        values.sort_unstable();
        assert_eq!(values, [1, 5, 10]);
    }
    assert_eq!(last.summaries[2].speed_up, 10.0);
    assert!(
        last.verdict()
            .starts_with("10 connections are fastest: 100 ms")
    );
}

#[test]
fn each_run_is_reported_at_its_end_and_the_next_one_at_its_start() {
    let all = after_each_event(&mut |task| Ok(done(task.value)));
    let running: Vec<usize> = all
        .iter()
        .filter(|experiment| matches!(experiment.state, ExperimentState::Running(Some(_))))
        .map(|experiment| experiment.runs.len())
        .collect();
    assert_eq!(running, (0..9).collect::<Vec<_>>());
}

#[test]
fn a_failed_run_is_recorded_with_its_reason_and_left_out_of_summaries() {
    let mut place = 0;
    let all = after_each_event(&mut |task| {
        place += 1;
        if place == 3 {
            failed()
        } else {
            Ok(done(task.value))
        }
    });
    let last = all.last().unwrap();
    assert_eq!(last.state, ExperimentState::Finished);
    assert_eq!(last.runs[1].error.as_deref(), Some("the server hung up"));
    assert_eq!(last.summaries.iter().map(|s| s.runs).sum::<usize>(), 8);
    assert_eq!(last.summaries.iter().map(|s| s.failed).sum::<usize>(), 1);
}

#[test]
fn three_failures_in_a_row_end_the_experiment() {
    let mut left = 4;
    let all = after_each_event(&mut |task| {
        left -= 1;
        if left < 0 {
            failed()
        } else {
            Ok(done(task.value))
        }
    });
    let last = all.last().unwrap();
    assert!(matches!(&last.state, ExperimentState::Failed(reason) if reason.contains("hung up")));
    assert_eq!(last.runs.len(), 6);
    let all = after_each_event(&mut |_| failed());
    assert_eq!(all.last().unwrap().runs.len(), 2, "the warm-up counts too");
}

#[test]
fn cancelling_keeps_the_completed_runs() {
    for after in [0, 4] {
        let mut left = after;
        let all = after_each_event(&mut |task| {
            left -= 1;
            if left < 0 {
                Err(FetchError::Stopped)
            } else {
                Ok(done(task.value))
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
    let mut tasks = Vec::new();
    let mut experiments = plans.clone().map(Experiment::new);
    let execute = &mut |task: RunTask| {
        tasks.push(task);
        Ok(done(task.value))
    };
    run_all(&plans, execute, &mut |index, event| {
        experiments[index].apply(event);
    });
    let warm_up = |experiment| RunTask {
        experiment,
        value: 1,
        is_http3: false,
        round: 0,
    };
    assert_eq!(tasks[..2], [warm_up(0), warm_up(1)]);
    for (round, tasks) in tasks[2..].chunks(4).enumerate() {
        assert!(tasks.iter().all(|task| task.round as usize == round + 1));
        assert_eq!(tasks.iter().filter(|task| task.experiment == 1).count(), 1);
    }
    let runs = experiments.iter().map(|one| (one.runs.len(), &one.state));
    let end = &ExperimentState::Finished;
    assert_eq!(runs.collect::<Vec<_>>(), [(9, end), (3, end)]);
}

/// Returns an experiment with 1 and 8 connections and HTTP/3, whose runs over HTTP/3 end as `http3` says.
fn with_http3(mut http3: impl FnMut(u32) -> Result<CompletedRun, FetchError>) -> Experiment {
    let mut plan = plan(Sweep::Connections(vec![1, 8]));
    plan.source = "https://server.example/f".parse().unwrap();
    plan.http.http3 = Http3Choice::Always;
    plan.check().unwrap();
    let mut experiment = Experiment::new(plan.clone());
    let execute = &mut |task: RunTask| match task.is_http3 {
        true => http3(task.round),
        false => Ok(done(task.value)),
    };
    run_all(&[plan], execute, &mut |_, event| experiment.apply(event));
    experiment
}

#[test]
fn each_round_also_runs_over_http3() {
    let one = with_http3(|_| Ok(done(4)));
    assert_eq!((one.runs.len(), one.http3.runs.len()), (6, 3));
    assert_eq!((one.done(), one.total), (9, 9));
    let mut places: Vec<u32> = one
        .runs
        .iter()
        .chain(&one.http3.runs)
        .map(|run| run.place)
        .collect();
    places.sort_unstable();
    assert!(places.into_iter().eq(1..=9));
    assert_eq!(one.http3.summary.as_ref().unwrap().speed_up, 4.0);
    assert!(
        one.verdict().contains("HTTP/3 would not have done: 250 ms"),
        "{}",
        one.verdict()
    );
}

#[test]
fn a_server_without_http3_costs_nothing_but_its_row() {
    let mut asked = 0;
    let one = with_http3(|round| {
        asked += 1;
        assert_eq!(round, 0);
        failed()
    });
    assert_eq!((asked, one.runs.len(), one.total), (1, 6, 6));
    assert_eq!(one.state, ExperimentState::Finished);
    assert_eq!(one.http3.absence.as_deref(), Some("the server hung up"));
    // Failures of HTTP/3 alone do not end the experiment, but its own runs.
    let one = with_http3(|round| if round == 0 { Ok(done(1)) } else { failed() });
    assert_eq!(
        (one.runs.len(), one.http3.runs.len(), &one.state),
        (6, 3, &ExperimentState::Finished)
    );
    assert!(
        one.http3
            .absence
            .unwrap()
            .contains("3 runs in a row failed")
    );
    let one = with_http3(|_| Err(FetchError::Stopped));
    assert_eq!(one.state, ExperimentState::Cancelled);
}
