//! Runs other download clients on the same scenarios, for comparison and as a check of the server itself.
//! Run by hand: `cargo test -p lanes --test http_faults other_clients -- --ignored --nocapture`.

use std::collections::BTreeMap;
use std::env;
use std::process::Command;

use super::assertions::has_correct_bytes;
use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Expect, Scenario};
use super::{job_pool, scenarios};

/// A program and its arguments before the URL.
type Client = (&'static str, &'static [&'static str]);

const CLIENTS: [Client; 5] = [
    (
        "curl",
        &[
            "-fsSL",
            "--max-redirs",
            "10",
            "--retry",
            "5",
            "--retry-delay",
            "1",
            "--retry-all-errors",
            "-y5",
            "-Y1",
            "-o",
            "file.bin",
        ],
    ),
    (
        "wget2",
        &[
            "-q",
            "--timeout=5",
            "--tries=5",
            "--no-robots",
            "-O",
            "file.bin",
        ],
    ),
    (
        "aria2c",
        &[
            "-q",
            "-x5",
            "-s5",
            "-k1M",
            "-m5",
            "--retry-wait=1",
            "--timeout=5",
            "--connect-timeout=5",
            "-o",
            "file.bin",
        ],
    ),
    ("axel", &["-q", "-n", "5", "-T", "5", "-o", "file.bin"]),
    (
        "lftp",
        &[
            "-c",
            "set net:timeout 5; set net:max-retries 5; set net:reconnect-interval-base 1; pget -n 5",
        ],
    ),
];

#[test]
#[ignore = "compares other programs; does not test Lanes"]
fn other_clients_on_the_same_scenarios() {
    let filter = env::var("LANES_FAULT").unwrap_or_default();
    let installed = CLIENTS
        .into_iter()
        .filter(|client| Command::new(client.0).arg("--version").output().is_ok());
    let installed: Vec<Client> = installed.collect();
    let scenarios = scenarios::all()
        .into_iter()
        .filter(|scenario| scenario.name.contains(&filter));
    let runs = scenarios
        .flat_map(|scenario| {
            installed
                .iter()
                .map(move |client| (scenario.clone(), *client))
        })
        .collect();
    let mut rows: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let mut expected: BTreeMap<&str, &str> = BTreeMap::new();
    for (scenario, client, result) in job_pool::run(runs, 24, |(scenario, client)| {
        (scenario.clone(), client.0, run_client(&scenario, client))
    }) {
        rows.entry(scenario.name)
            .or_default()
            .insert(client, result);
        expected.insert(scenario.name, expectation(scenario.expect));
    }
    let names: Vec<&str> = installed.iter().map(|client| client.0).collect();
    println!(
        "| scenario | expected | {} |\n|---|---{}|",
        names.join(" | "),
        "|---".repeat(names.len())
    );
    for (name, row) in &rows {
        let cells: Vec<&str> = names.iter().map(|client| row[client]).collect();
        println!("| {name} | {} | {} |", expected[name], cells.join(" | "));
    }
}

fn run_client(scenario: &Scenario, client: Client) -> &'static str {
    let sandbox = Sandbox::new();
    let server = FaultServer::start(scenario.clone());
    let mut command = Command::new(client.0);
    let url = server.url(scenario.path);
    match client.0 {
        "lftp" => command.args(["-c", &format!("{} '{url}'", client.1[1])]),
        _ => command.args(client.1).arg(&url),
    };
    process::isolate_environment(&mut command, &sandbox);
    let RunResult {
        timed_out, code, ..
    } = process::run(&mut command, scenario.limit);
    // lftp derives the file name from the URL; the other clients get it as an argument.
    let name = if client.0 == "lftp" {
        scenario.path.rsplit('/').next().unwrap_or_default()
    } else {
        "file.bin"
    };
    let correct = has_correct_bytes(&sandbox, name, scenario.len);
    match (timed_out, code, correct) {
        (true, ..) => "HUNG",
        (_, Some(0), true) => "saved",
        (_, Some(0), false) if sandbox.download_dir().join(name).exists() => "WRONG",
        (_, Some(0), false) => "no file, exit 0",
        _ => "failed",
    }
}

fn expectation(expect: Expect) -> &'static str {
    match expect {
        Expect::Saved => "saved",
        Expect::Fails(_) => "failed",
        Expect::Either(_) => "either",
    }
}
