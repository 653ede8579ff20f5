//! The queue over restarts: after a signal, and after a kill.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::byte_gate::ByteGate;
use crate::client::Client;
use crate::common;
use crate::daemon::{Daemon, wait_for_status};

const LEN: usize = 8 << 20;

/// Adds a running download behind a gate, and others that wait; one of them is paused. Returns their ids.
fn fill(client: &Client, gate: &ByteGate) -> Vec<String> {
    client.result(
        "aria2.changeGlobalOption",
        json!([{ "max-concurrent-downloads": "1" }]),
    );
    let add = |name: &str, options: Value| {
        let url = format!("http://{}/{name}?signature=SECRET", gate.addr());
        client
            .result("aria2.addUri", json!([[url], options]))
            .as_str()
            .unwrap()
            .to_owned()
    };
    let mut gids = vec![add("big.bin", json!({ "header": "Cookie: sid=SECRET" }))];
    gids.extend((0..4).map(|number| add("small.bin", json!({ "out": format!("{number}.bin") }))));
    client.result("aria2.pause", json!([gids[2]]));
    client.result("aria2.changePosition", json!([gids[4], 0, "POS_SET"]));
    client.result(
        "aria2.changeOption",
        json!([gids[3], { "max-download-limit": "1M" }]),
    );
    gids
}

fn queue(client: &Client) -> Vec<(String, String)> {
    let waiting = client.result("aria2.tellWaiting", json!([0, 1000]));
    let active = client.result("aria2.tellActive", json!([]));
    let all = active
        .as_array()
        .unwrap()
        .iter()
        .chain(waiting.as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|one| (text(&one["gid"]), text(&one["status"])))
        .collect()
}

fn served_root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("big.bin"), common::bytes(LEN, 1)).unwrap();
    std::fs::write(root.path().join("small.bin"), common::bytes(1000, 2)).unwrap();
    root
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn after_a_kill_or_a_signal_the_queue_is_as_it_was_and_goes_on() {
    for signal in ["-KILL", "-TERM"] {
        let root = served_root();
        let server = common::serve(root.path());
        let gate = ByteGate::new(server.addr(), 3 << 20);
        let mut daemon = Daemon::start(&[]);
        let client = daemon.client();
        let gids = fill(&client, &gate);
        common::wait_for("bytes of the download", || {
            let status = client.result("aria2.tellStatus", json!([gids[0]]));
            (status["completedLength"] != "0" && gate.is_closed()).then_some(())
        });
        let before = queue(&client);
        let names: Vec<&str> = before.iter().map(|(gid, _)| gid.as_str()).collect();
        assert_eq!(names, [&gids[0], &gids[4], &gids[1], &gids[2], &gids[3]]);
        let states: Vec<&str> = before.iter().map(|(_, state)| state.as_str()).collect();
        assert_eq!(
            states,
            ["active", "waiting", "waiting", "paused", "waiting"]
        );
        assert_eq!(
            (
                mode(&daemon.state()),
                mode(&daemon.state().join("queue.jsonl"))
            ),
            (0o700, 0o600)
        );

        let since = Instant::now();
        let code = daemon.end(signal);
        if signal == "-TERM" {
            assert_eq!(code, Some(0));
            assert!(
                since.elapsed() < Duration::from_secs(10),
                "{:?}",
                since.elapsed()
            );
            assert!(!daemon.state().join("daemon.json").exists());
        }
        daemon.restart();
        let client = daemon.client();
        assert_eq!(queue(&client), before, "{signal}");
        let option = client.result("aria2.getOption", json!([gids[3]]));
        assert_eq!(option["max-download-limit"], "1048576");
        gate.open();
        for gid in [0, 1, 3, 4].map(|index| &gids[index]) {
            wait_for_status(&client, gid, "complete");
        }
        let path = daemon.downloads().join("big.bin");
        assert_eq!(std::fs::read(path).unwrap(), common::bytes(LEN, 1));
        assert_eq!(queue(&client), [(gids[2].clone(), "paused".to_owned())]);
        // Secrets are kept only as long as a download can be resumed.
        client.result("aria2.remove", json!([gids[2]]));
        daemon.end("-TERM");
        let state = std::fs::read_to_string(daemon.state().join("queue.jsonl")).unwrap();
        assert!(
            state.contains(&gids[0]) && !state.contains("SECRET"),
            "{state}"
        );
    }
}

#[test]
fn a_second_daemon_does_not_touch_the_state_of_the_first() {
    let daemon = Daemon::start(&[]);
    let output = daemon.run(&["serve", "--rpc-listen", "127.0.0.1:0", "--dir", "/tmp"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("another lanes serve"), "{error}");
    let taken = daemon.addr().to_string();
    let output = daemon.run(&["serve", "--rpc-listen", &taken, "--dir", "/tmp"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("is in use by another Lanes"), "{error}");
    let output = daemon.run(&["serve", "--rpc-listen", "0.0.0.0:0"]);
    assert_eq!(
        output.status.code(),
        Some(2),
        "open to others without a token"
    );
    assert_eq!(
        daemon.client().result("aria2.getVersion", json!([]))["version"],
        "1.37.0"
    );
}
