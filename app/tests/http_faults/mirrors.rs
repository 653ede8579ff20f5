//! One file from several servers.

use std::time::Duration;

use super::assertions::is_right;
use super::fault_server::FaultServer;
use super::process::{self, Ran};
use super::sandbox::Sandbox;
use super::scenario::{Act, LEN, Scenario};

const LIMIT: Duration = Duration::from_secs(30);

/// What `lanes get` makes of the first server with the second as its mirror.
fn get(first: &FaultServer, second: &FaultServer, connections: u16) -> (Ran, Sandbox) {
    let sandbox = Sandbox::new();
    let mut lanes = process::lanes(&sandbox, &first.url("/file.bin"), connections);
    lanes.arg(second.url("/file.bin"));
    (process::run(&mut lanes, LIMIT), sandbox)
}

fn honest() -> FaultServer {
    FaultServer::start(Scenario::new("mirror"))
}

fn saved(ran: &Ran, sandbox: &Sandbox) {
    assert!(
        ran.code == Some(0) && is_right(sandbox, "file.bin", LEN),
        "{ran:?}"
    );
}

#[test]
fn mirrors_share_the_work() {
    let (first, second) = (honest(), honest());
    let (ran, sandbox) = get(&first, &second, 6);
    saved(&ran, &sandbox);
    assert!(
        first.sent() > LEN / 8 && second.sent() > LEN / 8,
        "{} and {}",
        first.sent(),
        second.sent()
    );
}

#[test]
fn a_mirror_that_has_another_file_is_left_out() {
    for other in [
        Scenario::new("longer").len(LEN + 1),
        Scenario::new("gone").always([Act::Status(404)]),
        Scenario::new("packed").always([Act::Set("Content-Encoding", "gzip")]),
    ] {
        let (first, second) = (honest(), FaultServer::start(other));
        let (ran, sandbox) = get(&first, &second, 6);
        saved(&ran, &sandbox);
        assert!(ran.err.contains("left out"), "{ran:?}");
    }
}

#[test]
fn the_mirror_serves_when_the_first_server_does_not() {
    let gone = FaultServer::start(Scenario::new("gone").always([Act::Status(404)]));
    let (ran, sandbox) = get(&gone, &honest(), 4);
    saved(&ran, &sandbox);
}
