//! Tests of Ctrl+C (SIGINT) and SIGTERM.

use std::process::{Child, Command, Stdio};

use crate::byte_gate::ByteGate;
use crate::common;
use crate::user::{RunResult, User};

const FILE: &str = "sample-32MiB.bin";
const FILE_LEN: usize = 32 << 20;

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success());
}

/// Starts a download through a gate and waits until more than 4 MiB are in the part file.
fn start_partial(user: &User, gate: &ByteGate, args: &[&str]) -> Child {
    let child = user
        .lanes(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let part = user.desktop().join(format!("{FILE}.part"));
    common::wait_for("a partial file", || {
        let bytes = std::fs::read(&part).ok()?;
        let written = bytes.iter().filter(|byte| **byte != 0).count();
        (gate.is_closed() && written > 4 << 20).then_some(())
    });
    child
}

#[test]
fn interrupted_download_is_kept_and_the_same_command_resumes_it() {
    for signal in ["-INT", "-TERM"] {
        let user = User::new();
        let gate = ByteGate::new(user.addr(), 12 << 20);
        let url = format!("lanes://{}/{FILE}", gate.addr());
        let child = start_partial(&user, &gate, &["get", &url]);
        send(signal, &child);
        let ran = RunResult::from(child.wait_with_output().unwrap());
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
        let complete = user.run(&["get", &user.url(FILE), "--quiet", "-o", "complete"]);
        assert_eq!(complete.code, Some(0), "{complete:?}");
        assert_eq!(saved.len(), FILE_LEN);
        assert!(saved == std::fs::read(user.work().join("complete")).unwrap());
    }
}

#[test]
fn interrupt_before_the_first_byte_leaves_no_files() {
    let user = User::new();
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("lanes://{}/{FILE}", listening.local_addr().unwrap());
    let child = user
        .lanes(&["get", &url, "-n", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program installs its signal handlers before it connects.
    let _connection = listening.accept().unwrap();
    send("-INT", &child);
    let ran = RunResult::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert!(
        ran.err.contains("Interrupted before any data was received"),
        "{ran:?}"
    );
    assert_eq!(common::names(&user.desktop()), [""; 0]);
}

#[test]
fn interrupted_experiment_keeps_its_finished_runs() {
    let user = User::new();
    // Enough for the warm-up and some of the runs of 2 MiB, not for all.
    let gate = ByteGate::new(user.addr(), 11 << 20);
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
    common::wait_for("the gate to close", || gate.is_closed().then_some(()));
    send("-INT", &child);
    let ran = RunResult::from(child.wait_with_output().unwrap());
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
    assert_eq!(user.leftovers(), [""; 0], "temporary files remain");
}

#[test]
fn second_process_is_refused_and_names_the_first() {
    let user = User::new();
    let gate = ByteGate::new(user.addr(), 12 << 20);
    let url = format!("lanes://{}/{FILE}", gate.addr());
    let first = start_partial(&user, &gate, &["get", &url]);
    let second = user.run(&["get", &url]);
    let process = format!("process {}", first.id());
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.err.contains(&process), "{second:?}");
    gate.open();
    let ran = RunResult::from(first.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(common::names(&user.desktop()), [FILE]);
}

#[test]
fn restart_ignores_the_partial_file() {
    let user = User::new();
    let gate = ByteGate::new(user.addr(), 12 << 20);
    let url = format!("lanes://{}/{FILE}", gate.addr());
    let child = start_partial(&user, &gate, &["get", &url]);
    send("-KILL", &child);
    child.wait_with_output().unwrap();
    gate.open();
    let ran = user.run(&["get", &url, "--restart", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["resumed_bytes"], 0);
    assert_eq!(common::names(&user.desktop()), [FILE]);
}
