//! The program when it lacks something: descriptors, room for its log, patience of its user.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

mod common;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use common::http::{Web, get};
use common::program::Program;
use common::{Client, PATIENCE, noise, open, wait_until};
use lanes_shared::wire::{Refusal, Reply};

#[test]
fn out_of_descriptors_it_serves_on_and_takes_others_in_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x"), noise(1000)).unwrap();
    let root = format!("--root '{}'", dir.path().display());
    let mut program = Program::after("exec 2>/dev/null; ulimit -n 40", 0, &root);
    let addr = program.addr();
    let mut web = Web::new(addr);
    let mut lanes = Client::new(addr);
    assert_eq!(web.get("/x", "").status, 200);

    // More than it has descriptors for: the rest waits at the door.
    let crowd: Vec<_> = (0..60).map(|_| TcpStream::connect(addr).unwrap()).collect();
    // Whoever is inside is told why no file can be opened, and may ask again.
    until_status(&mut web, 503);
    lanes.ask(&[open("x", 128)]);
    assert_eq!(lanes.refusal().0, Refusal::Unreadable);
    drop(crowd);
    until_status(&mut web, 200);
    // Those of the crowd that waited are let in now, and leave.
    wait_until("others are taken in", || get(addr, "/x", "").status == 200);
    let deadline = Instant::now() + PATIENCE;
    loop {
        lanes.ask(&[open("x", 128)]);
        match lanes.reply() {
            Reply::Opened(opened) => break assert_eq!(opened.len, 1000),
            _ => assert!(Instant::now() < deadline, "never opened"),
        }
    }
    program.signal("TERM");
    assert_eq!(program.end().0, Some(0));
}

/// Asks for `x` until the answer is this one.
fn until_status(web: &mut Web, status: u16) {
    let deadline = Instant::now() + PATIENCE;
    while web.get("/x", "").status != status {
        assert!(Instant::now() < deadline, "never {status}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_room_for_its_log_it_serves_on() {
    let mut program = Program::after("exec 2>/dev/full", 0, "");
    let addr = program.addr();
    for _ in 0..3 {
        assert_eq!(get(addr, "/Data-50KB.jpg", "").status, 200);
        assert_eq!(get(addr, "/missing", "").status, 404);
        assert!(Client::new(addr).open("Data.jpg", 1024).len > 0);
    }
    program.signal("TERM");
    assert_eq!(program.end().0, Some(0));
    // Nor does it need anybody to tell where it listens.
    let addr = free_addr();
    let _program = Program::after("exec >/dev/full 2>/dev/full", addr.port(), "");
    wait_until("it listens", || TcpStream::connect(addr).is_ok());
    assert_eq!(get(addr, "/Data-50KB.jpg", "").status, 200);
}

/// Where nobody listened a moment ago.
#[cfg(target_os = "linux")]
fn free_addr() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut program = Program::start(&["--listen", "127.0.0.1:0"]);
    let mut web = Web::new(program.addr());
    web.say("GET /sample-64GiB.bin HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(web.hear_head().status, 200);
    program.signal("INT");
    let began = Instant::now();
    program.wait_for("stopping");
    assert!(!program.has_ended(), "it waits for the transfer");
    program.signal("INT");
    let (code, _) = program.end();
    assert_eq!(code, Some(130));
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}
