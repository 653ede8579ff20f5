//! Runs the real program against every scenario of [`scenarios`] over 1, 5 and 20 connections.

use std::env;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::assertions::{Outcome, check};
use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::Scenario;
use super::{job_pool, scenarios};

const CONNECTIONS: [u16; 3] = [1, 5, 20];
/// Number of runs at the same time; almost all of them wait for the network.
const WORKERS: usize = 40;
/// Number of attempts per run. On a machine whose disk blocks for seconds the first response can be
/// complete before another connection sends its request; then no request matches the fault.
const TRIES: u32 = 3;

#[test]
fn every_scenario_ends_as_expected_over_1_5_and_20_connections() {
    let filter = env::var("LANES_FAULT").unwrap_or_default();
    let scenarios = scenarios::all()
        .into_iter()
        .filter(|scenario| scenario.name.contains(&filter));
    let runs = |scenario: Scenario| CONNECTIONS.map(|connections| (scenario.clone(), connections));
    let mut runs: Vec<(Scenario, u16)> = scenarios.flat_map(runs).collect();
    assert!(!runs.is_empty(), "no scenario has `{filter}` in its name");
    // The longest runs start first, so that the last worker does not finish late.
    runs.sort_by_key(|(scenario, _)| std::cmp::Reverse(scenario.limit));
    let (total, done) = (runs.len(), AtomicUsize::new(0));
    let results = job_pool::run(runs, WORKERS, |(scenario, connections)| {
        let tries = (1..=TRIES).map(|number| try_run(&scenario, connections, number == TRIES));
        let failure = tries.flatten().next().flatten();
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        println!("{done}/{total} {} × {connections}", scenario.name);
        failure
    });
    let failures: Vec<String> = results.into_iter().flatten().collect();
    assert!(
        failures.is_empty(),
        "{} of {total} runs failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// Runs a scenario once. Returns `Some(Some(failure))`, `Some(None)` for a success, or `None` if no
/// request matched the fault and this is not the last try.
fn try_run(scenario: &Scenario, connections: u16, is_last: bool) -> Option<Option<String>> {
    let sandbox = Sandbox::new();
    let server = FaultServer::start(scenario.clone());
    let url = scenario.url.map(str::to_owned);
    let url = url.unwrap_or_else(|| server.url(scenario.path));
    let mut command = process::lanes(&sandbox, &url, connections);
    command.args(scenario.args);
    for (name, value) in scenario.env {
        command.env(name, value.replace("{here}", &server.addr().to_string()));
    }
    let run = process::run(&mut command, scenario.limit);
    let requests = server.requests();
    let outcome = Outcome {
        scenario,
        connections,
        sandbox: &sandbox,
        run: &run,
        requests: &requests,
    };
    if outcome.missed_fault() && run.code == Some(0) && !is_last {
        return None;
    }
    let Err(failure) = check(&outcome) else {
        return Some(None);
    };
    let RunResult {
        code,
        stderr,
        elapsed,
        ..
    } = &run;
    let stderr = stderr.trim().replace('\n', " / ");
    let files = sandbox.files();
    Some(Some(format!(
        "- {} × {connections}: {failure}\n    exit code {code:?} after {elapsed:.1?}, {} requests, files {files:?}, stderr: {stderr}",
        scenario.name,
        requests.len(),
    )))
}

#[test]
fn scenario_names_are_unique() {
    let mut names: Vec<&str> = scenarios::all()
        .iter()
        .map(|scenario| scenario.name)
        .collect();
    let total = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), total);
}
