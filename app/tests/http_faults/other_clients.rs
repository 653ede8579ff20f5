//! How other programs fare with the same scenarios, for comparison and to try the server itself.
//! Run by hand: `cargo test -p lanes --test http_faults peers -- --ignored --nocapture`.

use std::collections::BTreeMap;
use std::env;
use std::process::Command;

use super::assertions::is_right;
use super::fault_server::FaultServer;
use super::process::{self, Ran};
use super::sandbox::Sandbox;
use super::scenario::{Expect, Scenario};
use super::{job_pool, scenarios};

/// A program and its arguments before the link.
type Peer = (&'static str, &'static [&'static str]);

const PEERS: [Peer; 5] = [
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
#[ignore = "a comparison with other programs, not a test of this one"]
fn peers() {
    let wanted = env::var("LANES_FAULT").unwrap_or_default();
    let here = PEERS
        .into_iter()
        .filter(|peer| Command::new(peer.0).arg("--version").output().is_ok());
    let here: Vec<Peer> = here.collect();
    let scenarios = scenarios::all()
        .into_iter()
        .filter(|scenario| scenario.name.contains(&wanted));
    let runs = scenarios
        .flat_map(|scenario| here.iter().map(move |peer| (scenario.clone(), *peer)))
        .collect();
    let mut rows: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let mut due: BTreeMap<&str, &str> = BTreeMap::new();
    for (scenario, peer, came) in job_pool::run(runs, 24, |(scenario, peer)| {
        (scenario.clone(), peer.0, one(&scenario, peer))
    }) {
        rows.entry(scenario.name).or_default().insert(peer, came);
        due.insert(scenario.name, due_word(scenario.expect));
    }
    let names: Vec<&str> = here.iter().map(|peer| peer.0).collect();
    println!(
        "| scenario | due | {} |\n|---|---{}|",
        names.join(" | "),
        "|---".repeat(names.len())
    );
    for (name, row) in &rows {
        let cells: Vec<&str> = names.iter().map(|peer| row[peer]).collect();
        println!("| {name} | {} | {} |", due[name], cells.join(" | "));
    }
}

fn one(scenario: &Scenario, peer: Peer) -> &'static str {
    let sandbox = Sandbox::new();
    let server = FaultServer::start(scenario.clone());
    let mut command = Command::new(peer.0);
    let url = server.url(scenario.path);
    match peer.0 {
        "lftp" => command.args(["-c", &format!("{} '{url}'", peer.1[1])]),
        _ => command.args(peer.1).arg(&url),
    };
    process::at_home(&mut command, &sandbox);
    let Ran { hung, code, .. } = process::run(&mut command, scenario.limit);
    // lftp takes the name from the link, the others are told it.
    let name = if peer.0 == "lftp" {
        scenario.path.rsplit('/').next().unwrap_or_default()
    } else {
        "file.bin"
    };
    let right = is_right(&sandbox, name, scenario.len);
    match (hung, code, right) {
        (true, ..) => "HUNG",
        (_, Some(0), true) => "saved",
        (_, Some(0), false) if sandbox.out().join(name).exists() => "WRONG",
        (_, Some(0), false) => "nothing, exit 0",
        _ => "failed",
    }
}

fn due_word(expect: Expect) -> &'static str {
    match expect {
        Expect::Saved => "saved",
        Expect::Fails(_) => "failed",
        Expect::Either(_) => "either",
    }
}
