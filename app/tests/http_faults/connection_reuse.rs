//! Connections per download: reuse over many small files, and the number opened for one file.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use lanes_engine::{Command, Destination, DownloadId, DownloadSpec, DownloadState, Engine, Limits};

use super::assertions::{finished_files, has_correct_bytes};
use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, End, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);
/// Length of a small file in bytes.
const SMALL: u64 = 10_000;
/// Number of small files in a batch.
const MANY: usize = 60;

fn small(name: &'static str) -> Scenario {
    Scenario::new(name).len(SMALL).rate(1 << 30)
}

/// Runs `lanes get` with a Metalink file that lists `files` as pairs of name and URL.
fn get(sandbox: &Sandbox, files: &[(String, String)], connections: u16) -> RunResult {
    let files = files.iter().fold(String::new(), |mut text, (name, url)| {
        let _ = write!(text, "<file name=\"{name}\"><url>{url}</url></file>");
        text
    });
    let path = sandbox.temp_dir().join("wanted.meta4");
    let text = format!("<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">{files}</metalink>");
    fs::write(&path, text).unwrap();
    let mut lanes = process::lanes(sandbox, &path.to_string_lossy(), connections);
    process::run(&mut lanes, LIMIT)
}

fn many(server: &FaultServer) -> Vec<(String, String)> {
    (0..MANY)
        .map(|number| (format!("{number:02}.bin"), server.url("/file.bin")))
        .collect()
}

/// Returns the number of connections that sent at least one request.
fn connections(server: &FaultServer) -> usize {
    let requests = server.requests();
    let ids: HashSet<u64> = requests.iter().map(|logged| logged.connection).collect();
    ids.len()
}

fn assert_all_saved(run: &RunResult, sandbox: &Sandbox, files: &[(String, String)]) {
    let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
    let correct = names
        .iter()
        .all(|name| has_correct_bytes(sandbox, name, SMALL));
    let files: Vec<String> = sandbox.files();
    assert!(
        run.code == Some(0) && files.iter().eq(names) && correct,
        "{files:?} {run:?}"
    );
    // stderr has one line with the speed per file and neither notices nor errors.
    let only_speeds = run
        .stderr
        .lines()
        .all(|line| line.starts_with("10.0 kB in"));
    assert!(run.stdout.lines().count() == MANY && only_speeds, "{run:?}");
}

#[test]
fn small_files_take_one_request_each_over_reused_connections() {
    for most in [1, 4] {
        let (server, sandbox) = (FaultServer::start(small("kept")), Sandbox::new());
        let files = many(&server);
        let run = get(&sandbox, &files, most);
        assert_all_saved(&run, &sandbox, &files);
        assert_eq!(server.requests().len(), MANY, "one request per file");
        let opened = connections(&server);
        assert!(
            opened <= usize::from(most),
            "{opened} connections, limit {most}"
        );
    }
}

#[test]
fn over_a_far_link_as_many_small_files_come_at_once_as_there_are_connections() {
    const CONNECTIONS: usize = 16;
    let far = small("far").always([Action::Delay(Duration::from_millis(200))]);
    let (server, sandbox) = (FaultServer::start(far), Sandbox::new());
    let files = many(&server);
    let run = get(&sandbox, &files, CONNECTIONS as u16);
    assert_all_saved(&run, &sandbox, &files);
    let requests = server.requests();
    assert_eq!(requests.len(), MANY, "one request per file");
    let most = requests.iter().map(|request| request.in_flight).max();
    // A connection that carries no request takes the place of another file.
    assert_eq!((most, server.accepted()), (Some(CONNECTIONS), CONNECTIONS));
}

#[test]
fn connections_that_a_small_file_does_not_need_serve_the_next_files() {
    const CONNECTIONS: u16 = 4;
    let far = small("far").always([Action::Delay(Duration::from_millis(300))]);
    let (server, sandbox) = (FaultServer::start(far), Sandbox::new());
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    engine.send(Command::Limit(Limits {
        downloads: 1,
        ..Limits::default()
    }));
    let spec = DownloadSpec {
        connections: CONNECTIONS,
        destination: Destination::Folder(sandbox.temp_dir().clone()),
        ..DownloadSpec::new(server.url("/file.bin").parse().unwrap())
    };
    let ids: Vec<_> = (0..4).map(|_| engine.add(spec.clone())).collect();
    let since = Instant::now();
    let is_finished = |id: &DownloadId| {
        let snapshot = engine.snapshot();
        let download = snapshot.download(*id);
        download.is_some_and(|download| download.state == DownloadState::Finished)
    };
    while !ids.iter().all(is_finished) {
        assert!(since.elapsed() < LIMIT, "{:?}", engine.snapshot());
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(server.requests().len(), ids.len(), "one request per file");
    let accepted = server.accepted();
    assert!(accepted <= usize::from(CONNECTIONS), "{accepted}");
}

#[test]
fn a_server_that_closes_every_connection_causes_no_failure() {
    let announced = Action::SetHeader("connection", "close");
    let unannounced = Action::CutBody(SMALL, End::Close);
    for action in [announced, unannounced, Action::Http10, Action::Chunked] {
        let server = FaultServer::start(small("closed").always([action]));
        let sandbox = Sandbox::new();
        let files = many(&server);
        let run = get(&sandbox, &files, 8);
        assert_all_saved(&run, &sandbox, &files);
    }
}

#[test]
fn a_reused_connection_handles_every_kind_of_response() {
    for action in [
        Action::Chunked,
        Action::NoContentLength,
        Action::Http10,
        Action::EarlyHints(2),
        Action::Redirect(302, "/moved.bin"),
        Action::IgnoreRange,
        Action::AddHeader("content-length", "10000"),
        Action::SlowHead(Duration::from_micros(100)),
        Action::WriteSize(1000),
        Action::TrailingBytes(7),
        Action::CutHead(30, End::Close),
        Action::CutHead(30, End::Reset),
        Action::CutBody(SMALL / 2, End::Close),
    ] {
        let scenario = small("odd").when(When::EveryNthGet(3), [action]);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let files = many(&server);
        let run = get(&sandbox, &files, 2);
        let mut saved = files.iter();
        let all_correct = saved.all(|(name, _)| has_correct_bytes(&sandbox, name, SMALL));
        assert!(run.code == Some(0) && all_correct, "{action:?} {run:?}");
        assert_eq!(finished_files(&sandbox).len(), MANY, "{action:?} {run:?}");
        assert!(
            connections(&server) < server.requests().len(),
            "{action:?}: no connection was reused"
        );
    }
}

#[test]
fn a_long_file_takes_over_the_connections_that_short_files_release() {
    let (short, long) = (small("short"), Scenario::new("long").rate(LEN / 4));
    let (short, long) = (FaultServer::start(short), FaultServer::start(long));
    let sandbox = Sandbox::new();
    let mut files = vec![("long.bin".to_owned(), long.url("/file.bin"))];
    files.extend(many(&short));
    let run = get(&sandbox, &files, 5);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(has_correct_bytes(&sandbox, "long.bin", LEN));
    assert_eq!(finished_files(&sandbox).len(), MANY + 1);
    let opened = connections(&long);
    // At most 5 are open at once, but the victim of a steal closes its connection and may open another.
    assert!((3..=10).contains(&opened), "{opened}");
}

#[test]
fn a_fast_file_uses_one_connection_and_a_slow_file_uses_all_of_them() {
    let used = |scenario: Scenario| {
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let url = server.url("/file.bin");
        let run = process::run(&mut process::lanes(&sandbox, &url, 6), LIMIT);
        assert!(
            run.code == Some(0) && has_correct_bytes(&sandbox, "file.bin", LEN),
            "{run:?}"
        );
        let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        (json["connections"].as_u64().unwrap(), connections(&server))
    };
    let (reported, opened) = used(Scenario::new("slow").rate(LEN / 4));
    // The victim of a steal closes its connection and may open another.
    assert!(
        reported == 6 && (6..=12).contains(&opened),
        "{reported}, {opened}"
    );
    // On a busy machine even a loopback server can look slow, so one of 20 runs is enough.
    let uses_one = || used(Scenario::new("fast").rate(1 << 30)) == (1, 1);
    assert!(
        (0..20).any(|_| uses_one()),
        "further connections were opened in each of 20 runs"
    );
}

#[test]
fn a_short_file_is_resumable_after_sigterm_and_leaves_nothing_after_sigkill() {
    const HALF: u64 = 400_000;
    for (signal, keeps_part) in [("TERM", true), ("KILL", false)] {
        let scenario = Scenario::new("short").len(2 * HALF).rate(HALF);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let url = server.url("/file.bin");
        let mut child = process::start(&mut process::lanes(&sandbox, &url, 1));
        assert!(server.wait_until_sent(HALF / 2, LIMIT));
        process::signal(&child, signal);
        child.wait().unwrap();
        match keeps_part {
            true => assert_eq!(sandbox.files(), ["file.bin.lanes", "file.bin.part"]),
            // The part file gets a name after one second, which a busy machine may reach before the kill.
            false => assert!(matches!(sandbox.files().len(), 0 | 2)),
        }
        let run = process::run(&mut process::lanes(&sandbox, &url, 1), LIMIT);
        let correct = has_correct_bytes(&sandbox, "file.bin", 2 * HALF);
        assert!(correct && sandbox.files() == ["file.bin"], "{run:?}");
        let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert!(
            json["resumed_bytes"].as_u64() > Some(0) || !keeps_part,
            "{run:?}"
        );
    }
}
