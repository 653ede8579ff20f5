//! Ctrl+C and SIGTERM.

use std::process::{Child, Command, Stdio};

use crate::common;
use crate::gate::Gate;
use crate::user::{Ran, User};

const FILE: &str = "sample-32MiB.bin";
const FILE_LEN: usize = 32 << 20;

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success());
}

/// Starts a download behind a gate and waits until a good part of what may pass is on the disk.
fn half_way(user: &User, gate: &Gate, args: &[&str]) -> Child {
    let child = user
        .lanes(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let part = user.desktop().join(format!("{FILE}.part"));
    common::wait_for("a part of the file", || {
        let bytes = std::fs::read(&part).ok()?;
        let there = bytes.iter().filter(|byte| **byte != 0).count();
        (gate.is_shut() && there > 4 << 20).then_some(())
    });
    child
}

#[test]
fn interrupted_it_keeps_what_came_and_the_same_command_goes_on() {
    for signal in ["-INT", "-TERM"] {
        let user = User::new();
        let gate = Gate::new(user.addr(), 12 << 20);
        let url = format!("lanes://{}/{FILE}", gate.addr());
        let child = half_way(&user, &gate, &["get", &url]);
        send(signal, &child);
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.out.as_str()), (Some(130), ""), "{ran:?}");
        assert!(ran.err.contains("same command again"), "{ran:?}");
        assert!(ran.err.contains(&format!("{FILE}.part")), "{ran:?}");
        let names = [format!("{FILE}.lanes"), format!("{FILE}.part")];
        assert_eq!(common::names(&user.desktop()), names);

        gate.open();
        let ran = user.run(&["get", &url, "--json"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let resumed = ran.json()["resumed_bytes"].as_u64().unwrap();
        assert!((1 << 20..FILE_LEN as u64).contains(&resumed), "{resumed}");
        assert_eq!(common::names(&user.desktop()), [FILE]);
        let saved = std::fs::read(user.desktop().join(FILE)).unwrap();
        let fresh = user.run(&["get", &user.url(FILE), "--quiet", "-o", "fresh"]);
        assert_eq!(fresh.code, Some(0), "{fresh:?}");
        assert_eq!(saved.len(), FILE_LEN);
        assert!(saved == std::fs::read(user.work().join("fresh")).unwrap());
    }
}

#[test]
fn before_anything_came_there_is_nothing_to_keep() {
    let user = User::new();
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("lanes://{}/{FILE}", listening.local_addr().unwrap());
    let child = user
        .lanes(&["get", &url, "-n", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once it has connected, it watches for signals too.
    let _connection = listening.accept().unwrap();
    send("-INT", &child);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert!(
        ran.err.contains("Interrupted before any data was received"),
        "{ran:?}"
    );
    assert_eq!(common::names(&user.desktop()), [""; 0]);
}

#[test]
fn an_experiment_keeps_the_runs_that_are_done() {
    let user = User::new();
    // Room for the warm-up and some runs of 2 MiB, not for all.
    let gate = Gate::new(user.addr(), 11 << 20);
    let url = format!("lanes://{}/sample-2MiB.bin", gate.addr());
    let child = user
        .lanes(&[
            "compare",
            &url,
            "--connections",
            "1,2",
            "--csv",
            "runs.csv",
            "--svg",
            "p.svg",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    common::wait_for("the gate to shut", || gate.is_shut().then_some(()));
    send("-INT", &child);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert!(ran.out.contains("throughput"), "{ran:?}");
    let csv = std::fs::read_to_string(user.work().join("runs.csv")).unwrap();
    let runs = csv.lines().count() - 1;
    assert!((1..=4).contains(&runs), "{csv}");
    assert!(
        ran.err.contains(&format!("after {runs} of 6 runs")),
        "{ran:?}"
    );
    assert!(user.work().join("p.svg").is_file());
    assert_eq!(user.left_over(), [""; 0], "temporary files are gone");
}

#[test]
fn a_second_program_leaves_the_file_to_the_first_and_names_it() {
    let user = User::new();
    let gate = Gate::new(user.addr(), 12 << 20);
    let url = format!("lanes://{}/{FILE}", gate.addr());
    let first = half_way(&user, &gate, &["get", &url]);
    let second = user.run(&["get", &url]);
    let process = format!("process {}", first.id());
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.err.contains(&process), "{second:?}");
    gate.open();
    let ran = Ran::from(first.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(common::names(&user.desktop()), [FILE]);
}

#[test]
fn restart_takes_nothing_up() {
    let user = User::new();
    let gate = Gate::new(user.addr(), 12 << 20);
    let url = format!("lanes://{}/{FILE}", gate.addr());
    let child = half_way(&user, &gate, &["get", &url]);
    send("-KILL", &child);
    child.wait_with_output().unwrap();
    gate.open();
    let ran = user.run(&["get", &url, "--restart", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["resumed_bytes"], 0);
    assert_eq!(common::names(&user.desktop()), [FILE]);
}
