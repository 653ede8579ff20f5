//! What is kept when the program is killed, the server goes away or the link expires.

use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use super::assertions::{finished, is_right};
use super::fault_server::FaultServer;
use super::job_pool;
use super::process::{self, Ran, drawn};
use super::sandbox::Sandbox;
use super::scenario::{Act, End, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);

/// Starts a download, kills it with SIGKILL once the server has sent so much, and `later` after.
fn kill(command: &mut Command, server: &FaultServer, sent: u64, later: Duration) {
    let mut child = process::start(command);
    // It may end before: what is left to send can be less.
    let ended = |child: &mut Child| child.try_wait().unwrap().is_some();
    while !server.wait_until_sent(sent, Duration::from_millis(20)) && !ended(&mut child) {}
    // The moment is random: between two chunks, in a write, in a rename, when all is done.
    thread::sleep(later);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn resumed(ran: &Ran) -> u64 {
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_default();
    json["resumed_bytes"].as_u64().unwrap_or_default()
}

#[test]
fn killed_at_fifty_moments_it_goes_on_to_the_right_bytes() {
    let wrong: Vec<String> = job_pool::run((0..50).collect(), 10, killed_and_resumed)
        .into_iter()
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Kills one download once or twice, then lets it end; what was wrong with it.
fn killed_and_resumed(seed: u64) -> Option<String> {
    let connections = [1, 3, 8, 20][drawn(seed, 0, 4) as usize];
    let scenario = Scenario::new("killed").rate((3 << 20) / u64::from(connections));
    let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
    let url = server.url("/file.bin");
    for time in 0..1 + drawn(seed, 1, 2) {
        // A fifth is killed about the end, where the file gets its name.
        let about_the_end = drawn(seed, 2, 5) == 0;
        let more = if about_the_end {
            LEN
        } else {
            drawn(seed, 10 + time, LEN)
        };
        let later = Duration::from_millis(drawn(seed, 20 + time, 40));
        let mut command = process::lanes(&sandbox, &url, connections);
        kill(&mut command, &server, server.sent() + more, later);
        if let Some(name) = finished(&sandbox).first() {
            // It was done before it was killed.
            return (!is_right(&sandbox, name, LEN))
                .then(|| format!("{seed}: wrong bytes in {name}, killed at its end"));
        }
    }
    let ran = process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT);
    let files = sandbox.files();
    let right = ran.code == Some(0) && files == ["file.bin"] && is_right(&sandbox, "file.bin", LEN);
    (!right).then(|| format!("{seed}: {files:?} after {ran:?}"))
}

#[test]
fn a_second_of_bytes_at_most_is_fetched_again() {
    const RATE: u64 = 1 << 20;
    let lost = job_pool::run((0..5).collect(), 5, |seed: u64| {
        let connections = [1, 4][seed as usize % 2];
        let scenario = Scenario::new("killed")
            .len(8 << 20)
            .rate(RATE / u64::from(connections));
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let url = server.url("/file.bin");
        let sent = (2 << 20) + drawn(seed, 0, 2 << 20);
        kill(
            &mut process::lanes(&sandbox, &url, connections),
            &server,
            sent,
            Duration::ZERO,
        );
        let sent = server.sent();
        let ran = process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT);
        assert!(
            ran.code == Some(0) && is_right(&sandbox, "file.bin", 8 << 20),
            "{ran:?}"
        );
        sent - resumed(&ran)
    });
    let mut sorted = lost.clone();
    sorted.sort_unstable();
    // What is in sockets and threads when the program dies is lost too, and a busy machine is late.
    assert!(sorted[2] < RATE + RATE / 2, "bytes lost: {lost:?}");
}

#[test]
fn a_server_that_starts_again_is_come_back_to() {
    for connections in [1, 5] {
        let scenario = || Scenario::new("restart").rate(LEN / 2 / u64::from(connections));
        let (server, sandbox) = (FaultServer::start(scenario()), Sandbox::new());
        let (url, addr) = (server.url("/file.bin"), server.addr());
        let ran = thread::scope(|scope| {
            let getting = scope
                .spawn(|| process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT));
            assert!(server.wait_until_sent(LEN / 2, LIMIT));
            drop(server);
            let again = FaultServer::start_at(addr, scenario());
            let ran = getting.join().unwrap();
            assert!(again.sent() < LEN, "what had come was not asked for again");
            ran
        });
        assert!(
            ran.code == Some(0) && is_right(&sandbox, "file.bin", LEN),
            "{connections}: {ran:?}"
        );
    }
}

#[test]
fn a_server_that_is_gone_leaves_what_came() {
    for connections in [1, 5] {
        let scenario = || Scenario::new("gone").rate(LEN / 2 / u64::from(connections));
        let (server, sandbox) = (FaultServer::start(scenario()), Sandbox::new());
        let (url, addr) = (server.url("/file.bin"), server.addr());
        let ran = thread::scope(|scope| {
            let getting = scope
                .spawn(|| process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT));
            assert!(server.wait_until_sent(LEN / 2, LIMIT));
            drop(server);
            getting.join().unwrap()
        });
        assert!(
            ran.code == Some(1) && finished(&sandbox).is_empty(),
            "{ran:?}"
        );
        let _again = FaultServer::start_at(addr, scenario());
        let ran = process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT);
        assert!(
            ran.code == Some(0) && is_right(&sandbox, "file.bin", LEN),
            "{ran:?}"
        );
        assert!(resumed(&ran) > LEN / 8, "{ran:?}");
    }
}

#[test]
fn an_expired_link_keeps_its_bytes_for_a_new_one() {
    for connections in [1, 5, 20] {
        // Long enough that every connection has to ask again, and finds the link expired.
        const LONG: u64 = 8 << 20;
        let scenario = Scenario::new("expires")
            .len(LONG)
            .always([Act::Cut(200_000, End::Close)])
            .when(
                When::Expired("/file.bin?token=1", LONG / 4),
                [Act::Status(403)],
            );
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let get = |path| {
            process::run(
                &mut process::lanes(&sandbox, &server.url(path), connections),
                LIMIT,
            )
        };
        let ran = get("/file.bin?token=1");
        assert!(ran.code == Some(1) && ran.err.contains("403"), "{ran:?}");
        assert!(finished(&sandbox).is_empty(), "{:?}", sandbox.files());
        let ran = get("/file.bin?token=2");
        assert!(
            ran.code == Some(0) && sandbox.files() == ["file.bin"],
            "{ran:?}, {:?}",
            sandbox.files()
        );
        assert!(
            is_right(&sandbox, "file.bin", LONG) && resumed(&ran) > LONG / 8,
            "{ran:?}"
        );
    }
}
