//! Start and stop of the server and the program, and digests in the background.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::time::{Duration, Instant};

use common::program::Program;
use common::{Client, Frame, TIMEOUT, open, run};
use lanes_server::{ChangeCallback, Config, Server, ServerError};
use lanes_shared::wire::{Order, Refusal, Reply, Request};

/// Maximum time of a stop on a slow and busy machine. About a second is normal.
const PROMPT: Duration = Duration::from_secs(15);

#[test]
fn a_slow_digest_delays_neither_the_first_byte_nor_a_stop() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::new(server.addr());
    client.request(&[
        open("sample-64GiB.bin", 65_536),
        run(0, 1, Order::InOrder),
        Request::Digest,
    ]);
    assert_eq!(client.opened().digest, None);
    assert!(matches!(client.receive(), Frame::Packet(0, _)));
    let hashed = |client: &mut Client| match client.reply() {
        Reply::DigestIs {
            digest: None,
            hashed,
        } => hashed,
        other => panic!("{other:?}"),
    };
    let first = hashed(&mut client);
    assert!(hashed(&mut client) > first, "no progress is reported");

    // A short file does not wait for the long one.
    let mut other = Client::new(server.addr());
    other.request(&[open("Data.jpg", 1024), Request::Digest]);
    other.opened();
    while !matches!(
        other.reply(),
        Reply::DigestIs {
            digest: Some(_),
            ..
        }
    ) {}

    let began = Instant::now();
    server.stop();
    assert!(began.elapsed() < PROMPT, "{:?}", began.elapsed());
    loop {
        match client.reply() {
            Reply::DigestIs { digest: None, .. } => {}
            Reply::Refused { refusal, .. } => break assert_eq!(refusal, Refusal::Stopping),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(other.refusal().0, Refusal::Stopping);
}

#[test]
fn a_stop_with_fifty_open_connections_is_prompt_and_closes_all() {
    let server = Server::start(common::config(None)).unwrap();
    let mut idle: Vec<_> = (0..25).map(|_| Client::new(server.addr())).collect();
    let mut silent: Vec<_> = (0..5).map(|_| Client::silent(server.addr())).collect();
    // These clients do not read, so the writes of the server block.
    let mut stuck: Vec<_> = (0..20).map(|_| Client::new(server.addr())).collect();
    for client in &mut stuck {
        client.open("sample-1GiB.bin", 65_536);
        client.request(&[run(0, 16_384, Order::InOrder)]);
        assert!(matches!(client.receive(), Frame::Packet(0, _)));
    }
    let deadline = Instant::now() + TIMEOUT;
    while server.stats().connections < 50 {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    let addr = server.addr();
    let began = Instant::now();
    server.stop();
    assert!(began.elapsed() < PROMPT, "{:?}", began.elapsed());
    for client in idle.iter_mut().chain(&mut silent) {
        assert_eq!(client.refusal().0, Refusal::Stopping);
        assert_eq!(client.receive(), Frame::End);
    }
    for client in &mut stuck {
        let end = loop {
            match client.receive() {
                Frame::Packet(..) => {}
                other => break other,
            }
        };
        let is_refusal = matches!(
            end,
            Frame::Reply(Reply::Refused {
                refusal: Refusal::Stopping,
                ..
            })
        );
        assert!(is_refusal || end == Frame::End, "{end:?}");
    }
    // The port is available at once.
    Server::start(Config {
        listen: addr,
        ..Config::default()
    })
    .unwrap();
}

#[test]
fn the_callback_is_called_when_connections_open_and_close() {
    let (sender, receiver) = std::sync::mpsc::sync_channel(8);
    let on_change = ChangeCallback(std::sync::Arc::new(move || {
        let _ = sender.send(());
    }));
    let server = Server::start(Config {
        on_change: Some(on_change),
        ..common::config(None)
    })
    .unwrap();
    let client = Client::new(server.addr());
    receiver.recv_timeout(TIMEOUT).unwrap();
    assert_eq!(server.stats().connections, 1);
    drop(client);
    receiver.recv_timeout(TIMEOUT).unwrap();
    assert_eq!(server.stats().connections, 0);
    assert!(receiver.try_recv().is_err(), "called without a change");
}

#[test]
fn a_running_transfer_is_refused_at_a_message_boundary() {
    let server = Server::start(common::config(None)).unwrap();
    let addr = server.addr();
    let reader = std::thread::Builder::new()
        .name("reader".into())
        .spawn(move || {
            let mut client = Client::new(addr);
            client.open("sample-64GiB.bin", 65_536);
            client.request(&[run(0, 1 << 20, Order::InOrder)]);
            loop {
                match client.receive() {
                    Frame::Packet(..) => {}
                    other => break other,
                }
            }
        })
        .unwrap();
    let deadline = Instant::now() + TIMEOUT;
    while server.stats().sent_bytes < 10 << 20 {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    drop(server);
    match reader.join().unwrap() {
        Frame::Reply(Reply::Refused { refusal, .. }) => assert_eq!(refusal, Refusal::Stopping),
        other => panic!("{other:?}"),
    }
}

#[test]
fn start_errors_are_distinguished() {
    let first = Server::start(common::config(None)).unwrap();
    let start = |config| Server::start(config).err().unwrap();
    let in_use = start(Config {
        listen: first.addr(),
        ..Config::default()
    });
    assert!(matches!(in_use, ServerError::AddrInUse(addr) if addr == first.addr()));
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    let no_folder = start(common::config(Some(&missing)));
    assert!(matches!(no_folder, ServerError::Root(path, _) if path == missing));
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(
        start(common::config(Some(&file))),
        ServerError::Root(..)
    ));
}

#[test]
fn the_program_prints_its_address_and_ends_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start(&["--listen", "127.0.0.1:0"]);
        let addr = program.addr();
        let mut client = Client::new(addr);
        assert!(client.open("Data.jpg", 1024).len > 1_000_000);

        let mut second = Program::start(&["--listen", &addr.to_string()]);
        let (code, stderr) = second.end();
        assert_eq!(code, Some(1));
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains("--listen") && stderr.contains(&addr.to_string()),
            "{stderr}"
        );

        if cfg!(unix) {
            program.signal(signal);
            assert_eq!(client.refusal().0, Refusal::Stopping);
            let (code, stderr) = program.end();
            assert_eq!(code, Some(0), "{stderr}");
        }
    }
}

#[test]
fn invalid_arguments_are_reported() {
    let (code, stderr) = Program::start(&["--listen", "nowhere"]).end();
    assert_eq!(code, Some(2), "{stderr}");
    let (code, stderr) = Program::start(&["--listen", "127.0.0.1:0", "--root", "/not/here"]).end();
    assert_eq!(code, Some(1));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("--root") && stderr.contains("/not/here"),
        "{stderr}"
    );
}
