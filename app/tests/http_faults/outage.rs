//! A server that stops in the middle of a download, and is back later: its port refuses connections
//! meanwhile. And what `lanes hosts` remembers of a server that takes few.

use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

use super::assertions::has_correct_bytes;
use super::fault_server::FaultServer;
use super::process;
use super::sandbox::Sandbox;
use super::scenario::{Action, End, LEN, RATE, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_download_continues_by_itself_once_the_server_is_back() {
    for connections in [1, 5, 20] {
        let scenario = || Scenario::new("gone").rate(RATE / 8);
        let (server, sandbox) = (FaultServer::start(scenario()), Sandbox::new());
        let url = server.url("/file.bin");
        let mut child = process::start(&mut process::lanes(&sandbox, &url, connections));
        assert!(server.wait_until_sent(400_000, LIMIT));
        let addr = server.addr();
        let refused = server.refuse();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("Server unreachable") {
            line.clear();
            let read = stderr.read_line(&mut line).unwrap();
            assert!(read > 0, "{connections}: it gave up");
        }
        drop(refused);
        let server = FaultServer::start_at(addr, scenario().rate(RATE));
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert!(child.wait().unwrap().success(), "{connections}: {rest}");
        assert!(has_correct_bytes(&sandbox, "file.bin", LEN));
        drop(server);
    }
}

#[test]
fn an_unreachable_server_is_reported_at_once_unless_retries_are_requested() {
    let gone = FaultServer::start(Scenario::new("gone"));
    let url = gone.url("/file.bin");
    let _refused = gone.refuse();
    let sandbox = Sandbox::new();
    let run = process::run(&mut process::lanes(&sandbox, &url, 5), LIMIT);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("refused"), "{run:?}");
    assert!(run.elapsed < Duration::from_secs(10), "{run:?}");
    let mut command = process::lanes(&sandbox, &url, 5);
    let run = process::run(command.args(["--retry-for", "4s"]), LIMIT);
    assert!(run.elapsed >= Duration::from_secs(4), "{run:?}");
    assert!(
        run.code == Some(1) && run.stderr.contains("refused"),
        "{run:?}"
    );
}

#[test]
fn what_a_server_accepts_is_remembered_until_it_is_forgotten() {
    let scenario = Scenario::new("few")
        .rate(RATE / 2)
        .when(When::InFlightAbove(2), [Action::Status(403)]);
    let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
    let url = server.url("/file.bin");
    let hosts = |args: &[&str]| {
        let mut command = process::command(&sandbox, &["hosts"]);
        let run = process::run(command.args(args), LIMIT);
        assert_eq!(run.code, Some(0), "{run:?}");
        run.stdout
    };
    let refusals = |server: &FaultServer| {
        let requests = server.requests();
        requests.iter().filter(|request| request.hit_fault).count()
    };
    assert!(hosts(&[]).contains("No server"));
    let run = process::run(&mut process::lanes(&sandbox, &url, 8), LIMIT);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(refusals(&server) > 0);
    let known: serde_json::Value = serde_json::from_str(&hosts(&["--json"])).unwrap();
    let most = known[0]["connections"].as_u64().unwrap();
    assert_eq!(known[0]["server"], server.addr().to_string());
    assert!((1..8).contains(&most), "{known}");

    // The second download asks for no more than was accepted.
    let before = server.requests().len();
    let run = process::run(&mut process::lanes(&sandbox, &url, 8), LIMIT);
    assert_eq!(run.code, Some(0), "{run:?}");
    let mut requests = server.requests();
    requests.drain(..before);
    let mut connections: Vec<u64> = requests.iter().map(|request| request.connection).collect();
    connections.sort_unstable();
    connections.dedup();
    assert!(!connections.is_empty());

    assert!(hosts(&["--forget", &server.addr().to_string()]).contains("Forgot 1"));
    assert!(hosts(&[]).contains("No server"));
}

#[test]
fn what_a_server_answers_is_remembered_if_it_leaves_further_connections_silent() {
    let scenario = Scenario::new("silent")
        .rate(RATE)
        .len(24 << 20)
        .when(When::OpenAbove(2), [Action::CutHead(0, End::Stall)]);
    let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
    let url = server.url("/file.bin");
    let run = process::run(&mut process::lanes(&sandbox, &url, 8), LIMIT);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.elapsed < Duration::from_secs(30), "{run:?}");
    let mut hosts = process::command(&sandbox, &["hosts", "--json"]);
    let known: serde_json::Value =
        serde_json::from_str(&process::run(&mut hosts, LIMIT).stdout).unwrap();
    let most = known[0]["connections"].as_u64();
    assert!(most.is_some_and(|most| (1..=3).contains(&most)), "{known}");
}
