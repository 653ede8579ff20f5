//! Every scenario of the table, over 1, 5 and 20 connections, by the real program.

use std::env;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::assertions::{Evidence, judge};
use super::fault_server::FaultServer;
use super::process::{self, Ran};
use super::sandbox::Sandbox;
use super::scenario::Scenario;
use super::{job_pool, scenarios};

const CONNECTIONS: [u16; 3] = [1, 5, 20];
/// Runs beside each other. Almost all of them wait.
const WORKERS: usize = 24;
/// Where a disk stands still for two seconds the first answer has come before anybody else can ask: then the
/// fault is not met, and the run is made again.
const TRIES: u32 = 3;

#[test]
fn the_table_holds() {
    let wanted = env::var("LANES_FAULT").unwrap_or_default();
    let scenarios = scenarios::all()
        .into_iter()
        .filter(|scenario| scenario.name.contains(&wanted));
    let runs = |scenario: Scenario| CONNECTIONS.map(|connections| (scenario.clone(), connections));
    let mut runs: Vec<(Scenario, u16)> = scenarios.flat_map(runs).collect();
    assert!(!runs.is_empty(), "no scenario has `{wanted}` in its name");
    // What may take longest begins first.
    runs.sort_by_key(|(scenario, _)| std::cmp::Reverse(scenario.limit));
    let (all, done) = (runs.len(), AtomicUsize::new(0));
    let results = job_pool::run(runs, WORKERS, |(scenario, connections)| {
        let tries = (1..=TRIES).map(|number| one(&scenario, connections, number == TRIES));
        let result = tries.flatten().next().flatten();
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        println!("{done}/{all} {} × {connections}", scenario.name);
        result
    });
    let wrong: Vec<String> = results.into_iter().flatten().collect();
    assert!(
        wrong.is_empty(),
        "{} of {all} runs:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// One run; what was wrong with it. `None` where nothing was tried, unless it is the last.
fn one(scenario: &Scenario, connections: u16, is_last: bool) -> Option<Option<String>> {
    let sandbox = Sandbox::new();
    let server = FaultServer::start(scenario.clone());
    let url = server.url(scenario.path);
    let ran = process::run(
        &mut process::lanes(&sandbox, &url, connections),
        scenario.limit,
    );
    let seen = server.seen();
    let evidence = Evidence {
        scenario,
        connections,
        sandbox: &sandbox,
        ran: &ran,
        seen: &seen,
    };
    if evidence.is_idle() && ran.code == Some(0) && !is_last {
        return None;
    }
    let Err(wrong) = judge(&evidence) else {
        return Some(None);
    };
    let Ran {
        code, err, took, ..
    } = &ran;
    let said = err.trim().replace('\n', " / ");
    let files = sandbox.files();
    Some(Some(format!(
        "- {} × {connections}: {wrong}\n    code {code:?} after {took:.1?}, {} requests, left {files:?}, said: {said}",
        scenario.name,
        seen.len(),
    )))
}

#[test]
fn every_scenario_has_a_name_of_its_own() {
    let mut names: Vec<&str> = scenarios::all()
        .iter()
        .map(|scenario| scenario.name)
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
