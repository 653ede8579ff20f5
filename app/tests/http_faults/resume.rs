//! Resume after SIGKILL, after a server failure, and after a URL has expired.

use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use super::assertions::{finished_files, has_correct_bytes};
use super::fault_server::FaultServer;
use super::job_pool;
use super::process::{self, RunResult, seeded_below};
use super::sandbox::Sandbox;
use super::scenario::{Action, End, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);

/// Starts a download and sends SIGKILL `delay` after the server has sent `sent` bytes in total.
fn kill(command: &mut Command, server: &FaultServer, sent: u64, delay: Duration) {
    let mut child = process::start(command);
    // The download may end before, because less than `sent` bytes can be left.
    let ended = |child: &mut Child| child.try_wait().unwrap().is_some();
    while !server.wait_until_sent(sent, Duration::from_millis(20)) && !ended(&mut child) {}
    // The delay is random, so that the kill hits reads, writes, renames and the end of the download.
    thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn resumed_bytes(run: &RunResult) -> u64 {
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_default();
    json["resumed_bytes"].as_u64().unwrap_or_default()
}

#[test]
fn a_download_killed_at_a_random_time_resumes_to_the_correct_bytes() {
    let failures: Vec<String> = job_pool::run((0..50).collect(), 10, kill_and_resume)
        .into_iter()
        .flatten()
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Kills one download once or twice, then lets it end. Returns a description of the failure, if any.
fn kill_and_resume(seed: u64) -> Option<String> {
    let connections = [1, 3, 8, 20][seeded_below(seed, 0, 4) as usize];
    let scenario = Scenario::new("killed").rate((3 << 20) / u64::from(connections));
    let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
    let url = server.url("/file.bin");
    for kill_number in 0..1 + seeded_below(seed, 1, 2) {
        // One of five kill_number happens near the end, where the part file is renamed.
        let near_end = seeded_below(seed, 2, 5) == 0;
        let more = if near_end {
            LEN
        } else {
            seeded_below(seed, 10 + kill_number, LEN)
        };
        let delay = Duration::from_millis(seeded_below(seed, 20 + kill_number, 40));
        let mut command = process::lanes(&sandbox, &url, connections);
        kill(&mut command, &server, server.sent() + more, delay);
        if let Some(name) = finished_files(&sandbox).first() {
            // The download was complete before the kill.
            return (!has_correct_bytes(&sandbox, name, LEN))
                .then(|| format!("seed {seed}: wrong bytes in {name}, killed at the end"));
        }
    }
    let run = process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT);
    let files = sandbox.files();
    let correct = run.code == Some(0)
        && files == ["file.bin"]
        && has_correct_bytes(&sandbox, "file.bin", LEN);
    (!correct).then(|| format!("seed {seed}: {files:?} after {run:?}"))
}

#[test]
fn a_kill_loses_at_most_about_one_second_of_data() {
    const RATE: u64 = 1 << 20;
    let lost = job_pool::run((0..5).collect(), 5, |seed: u64| {
        let connections = [1, 4][seed as usize % 2];
        let scenario = Scenario::new("killed")
            .len(8 << 20)
            .rate(RATE / u64::from(connections));
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let url = server.url("/file.bin");
        let sent = (2 << 20) + seeded_below(seed, 0, 2 << 20);
        kill(
            &mut process::lanes(&sandbox, &url, connections),
            &server,
            sent,
            Duration::ZERO,
        );
        let sent = server.sent();
        let run = process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT);
        assert!(
            run.code == Some(0) && has_correct_bytes(&sandbox, "file.bin", 8 << 20),
            "{run:?}"
        );
        sent - resumed_bytes(&run)
    });
    let mut sorted = lost.clone();
    sorted.sort_unstable();
    // Data in socket buffers and worker threads is lost too, and a busy machine flushes late.
    assert!(sorted[2] < RATE + RATE / 2, "bytes lost: {lost:?}");
}

#[test]
fn a_download_continues_after_the_server_restarts() {
    for connections in [1, 5] {
        let scenario = || Scenario::new("restart").rate(LEN / 2 / u64::from(connections));
        let (server, sandbox) = (FaultServer::start(scenario()), Sandbox::new());
        let (url, addr) = (server.url("/file.bin"), server.addr());
        let run = thread::scope(|scope| {
            let download = scope
                .spawn(|| process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT));
            assert!(server.wait_until_sent(LEN / 2, LIMIT));
            drop(server);
            let again = FaultServer::start_at(addr, scenario());
            let run = download.join().unwrap();
            assert!(
                again.sent() < LEN,
                "the whole file was fetched again after the restart"
            );
            run
        });
        assert!(
            run.code == Some(0) && has_correct_bytes(&sandbox, "file.bin", LEN),
            "{connections}: {run:?}"
        );
    }
}

#[test]
fn a_download_that_fails_because_the_server_is_gone_can_be_resumed() {
    for connections in [1, 5] {
        let scenario = || Scenario::new("gone").rate(LEN / 2 / u64::from(connections));
        let (server, sandbox) = (FaultServer::start(scenario()), Sandbox::new());
        let (url, addr) = (server.url("/file.bin"), server.addr());
        let run = thread::scope(|scope| {
            let download = scope.spawn(|| {
                let mut command = process::lanes(&sandbox, &url, connections);
                process::run(command.args(["--retries", "3"]), LIMIT)
            });
            assert!(server.wait_until_sent(LEN / 2, LIMIT));
            let _refused = server.refuse();
            download.join().unwrap()
        });
        assert!(
            run.code == Some(1) && finished_files(&sandbox).is_empty(),
            "{run:?}"
        );
        let _again = FaultServer::start_at(addr, scenario());
        let run = process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT);
        assert!(
            run.code == Some(0) && has_correct_bytes(&sandbox, "file.bin", LEN),
            "{run:?}"
        );
        assert!(resumed_bytes(&run) > LEN / 8, "{run:?}");
    }
}

#[test]
fn a_download_whose_url_expired_resumes_from_a_new_url() {
    for connections in [1, 5, 20] {
        // Long enough that every connection sends another request, which the server rejects with 403.
        const LONG: u64 = 8 << 20;
        let scenario = Scenario::new("expires")
            .len(LONG)
            .always([Action::CutBody(200_000, End::Close)])
            .when(
                When::PathAfterSent("/file.bin?token=1", LONG / 4),
                [Action::Status(403)],
            );
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let get = |path| {
            process::run(
                &mut process::lanes(&sandbox, &server.url(path), connections),
                LIMIT,
            )
        };
        let run = get("/file.bin?token=1");
        assert!(run.code == Some(1) && run.stderr.contains("403"), "{run:?}");
        assert!(finished_files(&sandbox).is_empty(), "{:?}", sandbox.files());
        let run = get("/file.bin?token=2");
        assert!(
            run.code == Some(0) && sandbox.files() == ["file.bin"],
            "{run:?}, {:?}",
            sandbox.files()
        );
        assert!(
            has_correct_bytes(&sandbox, "file.bin", LONG) && resumed_bytes(&run) > LONG / 8,
            "{run:?}"
        );
    }
}
