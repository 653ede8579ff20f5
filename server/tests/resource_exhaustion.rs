//! The program without free descriptors, without a writable log, and after a second signal.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use common::http::{HttpClient, get};
use common::program::Program;
use common::{Client, TIMEOUT, noise, open, wait_until};
use lanes_shared::wire::{Refusal, Reply};

#[test]
fn without_descriptors_it_keeps_serving_and_accepts_again_later() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x"), noise(1000)).unwrap();
    let root = format!("--root '{}'", dir.path().display());
    let mut program = Program::after("exec 2>/dev/null; ulimit -n 40", 0, &root);
    let addr = program.addr();
    let mut http = HttpClient::new(addr);
    let mut lanes = Client::new(addr);
    assert_eq!(http.get("/x", "").status, 200);

    // More clients than free descriptors: the others wait in the accept queue.
    let crowd: Vec<_> = (0..60).map(|_| TcpStream::connect(addr).unwrap()).collect();
    // Connected clients get the reason and may retry.
    wait_for_status(&mut http, 503);
    lanes.request(&[open("x", 128)]);
    assert_eq!(lanes.refusal().0, Refusal::Unreadable);
    drop(crowd);
    wait_for_status(&mut http, 200);
    // The waiting clients are accepted and leave.
    wait_until("new clients are accepted", || {
        get(addr, "/x", "").status == 200
    });
    let deadline = Instant::now() + TIMEOUT;
    loop {
        lanes.request(&[open("x", 128)]);
        match lanes.reply() {
            Reply::Opened(opened) => break assert_eq!(opened.len, 1000),
            _ => assert!(Instant::now() < deadline, "never opened"),
        }
    }
    program.signal("TERM");
    assert_eq!(program.end().0, Some(0));
}

/// Requests `x` until the response has this status.
fn wait_for_status(http: &mut HttpClient, status: u16) {
    let deadline = Instant::now() + TIMEOUT;
    while http.get("/x", "").status != status {
        assert!(Instant::now() < deadline, "never {status}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_writable_log_it_keeps_serving() {
    let mut program = Program::after("exec 2>/dev/full", 0, "");
    let addr = program.addr();
    for _ in 0..3 {
        assert_eq!(get(addr, "/Data-50KB.jpg", "").status, 200);
        assert_eq!(get(addr, "/missing", "").status, 404);
        assert!(Client::new(addr).open("Data.jpg", 1024).len > 0);
    }
    program.signal("TERM");
    assert_eq!(program.end().0, Some(0));
    // A writable standard output is not needed either.
    let addr = free_addr();
    let _program = Program::after("exec >/dev/full 2>/dev/full", addr.port(), "");
    wait_until("the program listens", || TcpStream::connect(addr).is_ok());
    assert_eq!(get(addr, "/Data-50KB.jpg", "").status, 200);
}

/// Returns an address that was free a moment ago.
#[cfg(target_os = "linux")]
fn free_addr() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let mut program = Program::start(&["--listen", "127.0.0.1:0"]);
    let mut http = HttpClient::new(program.addr());
    http.send("GET /sample-64GiB.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(http.receive_head().status, 200);
    program.signal("INT");
    let began = Instant::now();
    program.wait_for("stopping");
    assert!(
        !program.has_ended(),
        "the program does not wait for the transfer"
    );
    program.signal("INT");
    let (code, _) = program.end();
    assert_eq!(code, Some(130));
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}
