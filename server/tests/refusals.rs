//! Refusals of the Lanes protocol, which have a text and are never mixed with file bytes.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::io::Write as _;
use std::time::{Duration, Instant};

use common::{Client, Frame, list, noise, open, run, serve};
use lanes_server::{Config, Server};
use lanes_shared::wire::{Header, MAGIC, Order, Refusal, Reply, Request, kind};

fn bundled() -> Server {
    Server::start(common::config(None)).unwrap()
}

#[test]
fn an_unknown_name_is_refused_once_and_another_may_be_opened() {
    let server = bundled();
    let mut client = Client::new(server.addr());
    let share = Request::Segment {
        index: 0,
        count: 1,
        limit: 1,
        order: Order::InOrder,
    };
    let pipelined = [
        run(0, 99, Order::InOrder),
        share,
        Request::Stream { offset: 7 },
        Request::Digest,
    ];
    client.request(&[open("Date.jpg", 1024)]);
    client.request(&pipelined);
    client.request(&[open("also/not.here", 1024)]);
    client.request(&pipelined);
    client.request(&[
        list("zzz"),
        open("Data.jpg", 1024),
        run(3, 1, Order::InOrder),
    ]);
    let (refusal, message) = client.refusal();
    assert_eq!(refusal, Refusal::NoSuchFile);
    assert!(message.ends_with("Date.jpg"), "{message}");
    assert_eq!(client.refusal().0, Refusal::NoSuchFile);
    assert!(matches!(client.reply(), Reply::Catalogue { .. }));
    client.opened();
    assert!(matches!(client.receive(), Frame::Packet(3, _)));
}

#[test]
fn names_outside_the_root_and_special_files_are_not_found() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    std::fs::create_dir_all(root.join("folder")).unwrap();
    std::fs::write(dir.path().join("secret"), "secret").unwrap();
    std::fs::write(root.join("folder/open"), "open").unwrap();
    let absolute = dir.path().join("secret").to_str().unwrap().to_owned();
    #[cfg_attr(not(unix), expect(unused_mut))]
    let mut wrong = vec![
        "..",
        "../secret",
        "folder/../../secret",
        "folder/../folder/open",
        "/etc/passwd",
        "",
        "/",
        ".",
        "folder",
        "folder/",
        "folder//open",
        "./folder/open",
        "folder\0/open",
        &absolute,
    ];
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(dir.path().join("secret"), root.join("out")).unwrap();
        symlink("../secret", root.join("out-too")).unwrap();
        symlink(dir.path(), root.join("out-folder")).unwrap();
        symlink("folder/open", root.join("in")).unwrap();
        symlink("in-circles", root.join("in-circles")).unwrap();
        symlink("/dev/zero", root.join("device")).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(root.join("fifo"))
            .status();
        assert!(made.unwrap().success());
        wrong.extend([
            "out",
            "out-too",
            "out-folder/secret",
            "in-circles",
            "device",
            "fifo",
        ]);
    }
    let server = serve(&root);
    let mut client = Client::new(server.addr());
    for name in wrong {
        client.request(&[open(name, 1024)]);
        assert_eq!(client.refusal().0, Refusal::NoSuchFile, "{name}");
    }
    assert_eq!(client.open("folder/open", 1024).len, 4);
    client.request(&[list("")]);
    let Reply::Catalogue { entries, .. } = client.reply() else {
        panic!("no catalogue");
    };
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let expected: &[&str] = if cfg!(unix) {
        &["folder/open", "in"]
    } else {
        &["folder/open"]
    };
    assert_eq!(names[..names.len() - 3], *expected);
    #[cfg(unix)]
    assert_eq!(client.open("in", 1024).len, 4);
}

#[test]
fn a_connection_above_the_limit_is_refused_until_another_closes() {
    let server = Server::start(Config {
        max_connections: 2,
        ..common::config(None)
    })
    .unwrap();
    let first = Client::new(server.addr());
    let _second = Client::new(server.addr());
    for early in [false, true] {
        let mut third = Client::silent(server.addr());
        if early {
            // The reason is sent before and after the first bytes of the client.
            let _ = third.socket.write_all(&MAGIC);
        }
        assert_eq!(third.refusal().0, Refusal::TooManyConnections);
        assert_eq!(third.receive(), Frame::End);
    }
    assert_eq!(server.stats().refused, 2);
    assert_eq!(server.stats().connections, 2);
    drop(first);
    let deadline = Instant::now() + common::TIMEOUT;
    while server.stats().connections == 2 {
        assert!(Instant::now() < deadline, "the connection is still counted");
        std::thread::yield_now();
    }
    Client::new(server.addr());
}

#[test]
fn another_protocol_version_is_refused() {
    let server = bundled();
    let mut client = Client::silent(server.addr());
    client.socket.write_all(&MAGIC).unwrap();
    let payload = [2, 0, 99];
    let header = Header::of(kind::HELLO, &payload);
    client.socket.write_all(&header.to_bytes()).unwrap();
    client.socket.write_all(&payload).unwrap();
    let (refusal, message) = client.refusal();
    assert_eq!(refusal, Refusal::Version);
    assert!(message.contains("version 2"), "{message}");
    assert_eq!(client.receive(), Frame::End);
}

#[test]
fn bytes_of_another_protocol_are_refused() {
    let server = bundled();
    for garbage in [&b"\x89LANES\n\n"[..], &[0x89; 100_000]] {
        let mut client = Client::silent(server.addr());
        // The server may close before it has read everything.
        let _ = client.socket.write_all(garbage);
        assert_eq!(client.refusal().0, Refusal::Corrupted);
        assert_eq!(client.receive(), Frame::End);
    }
}

#[test]
fn damaged_requests_are_distinguished_from_invalid_ones() {
    let server = bundled();
    let mut bytes = Vec::new();
    open("Data.jpg", 1024).encode(&mut bytes);
    // Kind, length, checksum and payload.
    for position in [0, 3, 4, 8, bytes.len() - 1] {
        let mut client = Client::new(server.addr());
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x80;
        client.socket.write_all(&damaged).unwrap();
        let (refusal, message) = client.refusal();
        assert_eq!(refusal, Refusal::Corrupted, "byte {position}: {message}");
        assert_eq!(client.receive(), Frame::End);
    }
}

#[test]
fn invalid_requests_end_the_connection() {
    let server = bundled();
    let empty = |kind| Header::of(kind, &[]).to_bytes().to_vec();
    let encoded = |requests: &[Request]| {
        let mut bytes = Vec::new();
        requests
            .iter()
            .for_each(|request| request.encode(&mut bytes));
        bytes
    };
    let data = open("sample-1KiB.bin", 128);
    let hello = Request::Hello {
        session: [0; 16],
        link: String::new(),
    };
    let cases = [
        ("unknown", empty(0x55)),
        ("a reply", empty(kind::STREAMING)),
        ("truncated", empty(kind::STREAM)),
        ("a second hello", encoded(&[hello])),
        ("no open file", encoded(&[run(0, 1, Order::InOrder)])),
        ("packet too short", encoded(&[open("Data.jpg", 1)])),
        ("too many packets", encoded(&[open("sample-1TiB.bin", 128)])),
        (
            "beyond the file",
            encoded(&[data.clone(), run(7, 2, Order::InOrder)]),
        ),
        (
            "overflow",
            encoded(&[data.clone(), run(u64::MAX, 2, Order::InOrder)]),
        ),
        (
            "stream beyond",
            encoded(&[data, Request::Stream { offset: 1025 }]),
        ),
    ];
    for (case, bytes) in cases {
        let mut client = Client::new(server.addr());
        client.socket.write_all(&bytes).unwrap();
        let refusal = loop {
            match client.reply() {
                Reply::Opened(_) => {}
                Reply::Refused { refusal, .. } => break refusal,
                other => panic!("{case}: {other:?}"),
            }
        };
        assert_eq!(refusal, Refusal::BadRequest, "{case}");
        assert_eq!(client.receive(), Frame::End, "{case}");
    }
}

#[test]
fn an_invalid_link_profile_is_refused() {
    let server = bundled();
    for (link, parts) in [
        (
            "rate = 10",
            ["unknown link profile field `rate`", "rate_mbit"],
        ),
        ("rate_mbit = \"10 Mbit/s\"", ["rate_mbit", "10 Mbit/s"]),
        ("rate_mbit = -1", ["rate_mbit", "0.01"]),
        ("rate_mbit = nan", ["rate_mbit", "0.01"]),
        ("rtt_ms = 1e12", ["rtt_ms", "5000"]),
        ("slow-5g", ["TOML", "link profile"]),
    ] {
        let mut client = Client::silent(server.addr());
        client.hello_with_link([0; 16], link);
        let (refusal, message) = client.refusal();
        assert_eq!(refusal, Refusal::BadRequest);
        for part in parts {
            assert!(message.contains(part), "{link}: {message}");
        }
        assert_eq!(client.receive(), Frame::End);
    }
}

#[test]
fn a_truncated_file_is_refused_without_mixing_versions() {
    change_during_a_run(|file| file.set_len(10 << 20).unwrap());
}

#[test]
fn a_file_rewritten_in_place_is_refused_without_mixing_versions() {
    change_during_a_run(|mut file| file.write_all(&[0xaa; 64 << 20]).unwrap());
}

fn change_during_a_run(change: impl Fn(std::fs::File)) {
    for (packet_len, shuffled) in [
        (128, false),
        (65_536, false),
        (65_536, true),
        (1 << 20, false),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let old = noise(64 << 20);
        std::fs::write(&path, &old).unwrap();
        // The resolution of modification times can be several milliseconds.
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(100))
            .unwrap();
        let server = serve(dir.path());
        let mut client = Client::new(server.addr());
        let opened = client.open("x", packet_len);
        let order = if shuffled {
            Order::Shuffled(1)
        } else {
            Order::InOrder
        };
        client.request(&[run(0, opened.len.div_ceil(packet_len.into()), order)]);
        let check = |frame: Frame| match frame {
            Frame::Packet(id, bytes) => {
                let at = id as usize * packet_len as usize;
                assert!(
                    bytes == old[at..at + bytes.len()],
                    "mixed bytes in packet {id}"
                );
                None
            }
            other => Some(other),
        };
        // After the first packets, the socket buffers are full and most of the file is unsent.
        for _ in 0..3 {
            assert_eq!(check(client.receive()), None);
        }
        change(std::fs::File::options().write(true).open(&path).unwrap());
        let end = loop {
            if let Some(end) = check(client.receive()) {
                break end;
            }
        };
        match end {
            Frame::Reply(Reply::Refused { refusal, .. }) => {
                assert_eq!(refusal, Refusal::Changed);
                assert_eq!(client.receive(), Frame::End);
            }
            // Inside a packet longer than the buffer, a refusal is impossible.
            Frame::End => assert_eq!(packet_len, 1 << 20),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_rewritten_between_two_requests_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    std::fs::write(&path, noise(1000)).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    let past = std::time::SystemTime::now() - Duration::from_secs(100);
    file.set_modified(past).unwrap();
    let server = serve(dir.path());
    for request in [run(0, 1, Order::InOrder), Request::Stream { offset: 0 }] {
        file.set_modified(past).unwrap();
        let mut client = Client::new(server.addr());
        client.open("x", 1024);
        std::fs::write(&path, noise(1000)).unwrap();
        client.request(&[request]);
        assert_eq!(client.refusal().0, Refusal::Changed);
        assert_eq!(client.receive(), Frame::End);
    }
}
