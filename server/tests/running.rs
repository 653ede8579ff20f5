//! Digests in the background, stopping, and the program itself.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

mod common;

use std::time::{Duration, Instant};

use common::program::Program;
use common::{Client, Heard, PATIENCE, open, run};
use lanes_server::{ChangeCallback, Config, Server, ServerError};
use lanes_shared::wire::{Order, Refusal, Reply, Request};

/// How long a stop may take on a slow and busy machine; what is promised is about a second.
const PROMPT: Duration = Duration::from_secs(15);

#[test]
fn a_slow_digest_delays_neither_the_first_byte_nor_the_stop() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::new(server.addr());
    client.ask(&[
        open("sample-64GiB.bin", 65_536),
        run(0, 1, Order::InOrder),
        Request::Digest,
    ]);
    assert_eq!(client.opened().digest, None);
    assert!(matches!(client.hear(), Heard::Packet(0, _)));
    let hashed = |client: &mut Client| match client.reply() {
        Reply::DigestIs {
            digest: None,
            hashed,
        } => hashed,
        other => panic!("{other:?}"),
    };
    let first = hashed(&mut client);
    assert!(
        hashed(&mut client) > first,
        "it hears how far the digest is"
    );

    // A short file does not wait until the long one is hashed.
    let mut other = Client::new(server.addr());
    other.ask(&[open("Data.jpg", 1024), Request::Digest]);
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
fn a_stop_with_fifty_open_connections_is_prompt_and_leaves_none() {
    let server = Server::start(common::config(None)).unwrap();
    let mut idle: Vec<_> = (0..25).map(|_| Client::new(server.addr())).collect();
    let mut silent: Vec<_> = (0..5).map(|_| Client::silent(server.addr())).collect();
    // These do not read what they asked for, so the server is stuck in its writes to them.
    let mut stuck: Vec<_> = (0..20).map(|_| Client::new(server.addr())).collect();
    for client in &mut stuck {
        client.open("sample-1GiB.bin", 65_536);
        client.ask(&[run(0, 16_384, Order::InOrder)]);
        assert!(matches!(client.hear(), Heard::Packet(0, _)));
    }
    let deadline = Instant::now() + PATIENCE;
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
        assert_eq!(client.hear(), Heard::End);
    }
    for client in &mut stuck {
        let end = loop {
            match client.hear() {
                Heard::Packet(..) => {}
                other => break other,
            }
        };
        let told = matches!(
            end,
            Heard::Reply(Reply::Refused {
                refusal: Refusal::Stopping,
                ..
            })
        );
        assert!(told || end == Heard::End, "{end:?}");
    }
    // The port is free at once.
    Server::start(Config {
        listen: addr,
        ..Config::default()
    })
    .unwrap();
}

#[test]
fn who_watches_is_told_when_connections_come_and_go() {
    let (news, inbox) = std::sync::mpsc::sync_channel(8);
    let on_change = ChangeCallback(std::sync::Arc::new(move || {
        let _ = news.send(());
    }));
    let server = Server::start(Config {
        on_change: Some(on_change),
        ..common::config(None)
    })
    .unwrap();
    let client = Client::new(server.addr());
    inbox.recv_timeout(PATIENCE).unwrap();
    assert_eq!(server.stats().connections, 1);
    drop(client);
    inbox.recv_timeout(PATIENCE).unwrap();
    assert_eq!(server.stats().connections, 0);
    assert!(inbox.try_recv().is_err(), "no news is no call");
}

#[test]
fn a_transfer_under_way_is_told_at_a_message_boundary() {
    let server = Server::start(common::config(None)).unwrap();
    let addr = server.addr();
    let reader = std::thread::Builder::new()
        .name("reader".into())
        .spawn(move || {
            let mut client = Client::new(addr);
            client.open("sample-64GiB.bin", 65_536);
            client.ask(&[run(0, 1 << 20, Order::InOrder)]);
            loop {
                match client.hear() {
                    Heard::Packet(..) => {}
                    other => break other,
                }
            }
        })
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while server.stats().sent_bytes < 10 << 20 {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    drop(server);
    match reader.join().unwrap() {
        Heard::Reply(Reply::Refused { refusal, .. }) => assert_eq!(refusal, Refusal::Stopping),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_cannot_start_says_which_reason_it_is() {
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
fn the_program_says_where_it_listens_and_ends_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start(&["--listen", "127.0.0.1:0"]);
        let addr = program.addr();
        let mut client = Client::new(addr);
        assert!(client.open("Data.jpg", 1024).len > 1_000_000);

        let mut second = Program::start(&["--listen", &addr.to_string()]);
        let (code, words) = second.end();
        assert_eq!(code, Some(1));
        assert_eq!(words.lines().count(), 1, "{words}");
        assert!(
            words.contains("--listen") && words.contains(&addr.to_string()),
            "{words}"
        );

        if cfg!(unix) {
            program.signal(signal);
            assert_eq!(client.refusal().0, Refusal::Stopping);
            let (code, words) = program.end();
            assert_eq!(code, Some(0), "{words}");
        }
    }
}

#[test]
fn wrong_arguments_are_explained() {
    let (code, words) = Program::start(&["--listen", "nowhere"]).end();
    assert_eq!(code, Some(2), "{words}");
    let (code, words) = Program::start(&["--listen", "127.0.0.1:0", "--root", "/not/here"]).end();
    assert_eq!(code, Some(1));
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(
        words.contains("--root") && words.contains("/not/here"),
        "{words}"
    );
}
