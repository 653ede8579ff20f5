//! Downloads of one file from several servers.

use std::time::Duration;

use super::assertions::has_correct_bytes;
use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, LEN, Scenario};

const LIMIT: Duration = Duration::from_secs(30);

/// Runs `lanes get` with the first server's URL and the second server's URL as a mirror.
fn get(first: &FaultServer, second: &FaultServer, connections: u16) -> (RunResult, Sandbox) {
    let sandbox = Sandbox::new();
    let mut lanes = process::lanes(&sandbox, &first.url("/file.bin"), connections);
    lanes.arg(second.url("/file.bin"));
    (process::run(&mut lanes, LIMIT), sandbox)
}

fn correct_server() -> FaultServer {
    FaultServer::start(Scenario::new("mirror"))
}

fn assert_saved(run: &RunResult, sandbox: &Sandbox) {
    assert!(
        run.code == Some(0) && has_correct_bytes(sandbox, "file.bin", LEN),
        "{run:?}"
    );
}

#[test]
fn both_mirrors_deliver_a_part_of_the_file() {
    let (first, second) = (correct_server(), correct_server());
    let (run, sandbox) = get(&first, &second, 6);
    assert_saved(&run, &sandbox);
    assert!(
        first.sent() > LEN / 8 && second.sent() > LEN / 8,
        "{} and {} bytes",
        first.sent(),
        second.sent()
    );
}

#[test]
fn a_mirror_with_another_length_status_or_encoding_is_excluded() {
    for other in [
        Scenario::new("longer").len(LEN + 1),
        Scenario::new("gone").always([Action::Status(404)]),
        Scenario::new("packed").always([Action::SetHeader("Content-Encoding", "gzip")]),
    ] {
        let (first, second) = (correct_server(), FaultServer::start(other));
        let (run, sandbox) = get(&first, &second, 6);
        assert_saved(&run, &sandbox);
        assert!(run.stderr.contains("left out"), "{run:?}");
    }
}

#[test]
fn the_mirror_delivers_the_file_if_the_first_server_responds_404() {
    let gone = FaultServer::start(Scenario::new("gone").always([Action::Status(404)]));
    let (run, sandbox) = get(&gone, &correct_server(), 4);
    assert_saved(&run, &sandbox);
}
