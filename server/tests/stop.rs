//! A stop under load. A test program of its own: it looks at all threads there are.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

mod common;

use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant};

use common::http::Web;
use common::{Client, Heard, PATIENCE, run, threads, wait_until};
use lanes_server::{Config, Server, Timeouts};
use lanes_shared::wire::{Order, Request};
use socket2::SockRef;

/// How long transfers may run on.
const STOP: Duration = Duration::from_secs(3);
/// How much longer a stop may take on a busy machine; what is promised is about a second.
const SLACK: Duration = Duration::from_secs(15);
/// What those fetch whose transfer is to come to its end.
const LEN: usize = 24 << 20;

fn server() -> Server {
    let timeouts = Timeouts {
        shutdown: STOP,
        ..Timeouts::default()
    };
    Server::start(Config {
        timeouts,
        ..common::config(None)
    })
    .unwrap()
}

/// No thread that the server has started.
fn none_is_left() -> bool {
    let is_ours = |name: &String| {
        ["serve-", "pace", "hasher"]
            .iter()
            .any(|ours| name.starts_with(ours))
    };
    !threads().iter().any(is_ours)
}

#[test]
fn transfers_may_come_to_their_end_and_who_does_not_read_is_cut_off() {
    let server = server();
    let addr = server.addr();
    let mut idle = [(); 5].map(|()| Web::new(addr));
    for web in &mut idle {
        assert_eq!(web.get("/Data-50KB.jpg", "").status, 200);
    }
    let mut half = Web::new(addr);
    half.say("GET / HTT");
    let mut stuck = [(); 5].map(|()| Web::new(addr));
    for web in &mut stuck {
        web.say("GET /sample-64GiB.bin HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(web.hear_head().status, 200);
    }
    // These have begun when the server is told to stop, and read on from then.
    let mut webs = [(); 5].map(|()| {
        let web = Web::new(addr);
        SockRef::from(&web.socket)
            .set_recv_buffer_size(64 * 1024)
            .unwrap();
        web
    });
    for web in &mut webs {
        web.say("GET /sample-24MiB.bin HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(web.hear_head().status, 200);
    }
    let mut streams = [(); 5].map(|()| Client::new(addr));
    for client in &mut streams {
        client.open("sample-24MiB.bin", 65_536);
        client.ask(&[Request::Stream { offset: 0 }]);
    }
    let mut endless = Client::new(addr);
    endless.open("sample-64GiB.bin", 65_536);
    endless.ask(&[run(0, 1 << 20, Order::InOrder)]);
    assert!(matches!(endless.hear(), Heard::Packet(0, _)));
    wait_until("all are served", || {
        let peers = server.stats().peers;
        let sent = peers.iter().filter(|peer| peer.sent_bytes > 0);
        peers.len() == 22 && sent.count() == 21
    });

    let began = Instant::now();
    thread::scope(|scope| {
        let named = |name: &str| thread::Builder::new().name(name.into());
        named("stopper")
            .spawn_scoped(scope, || server.stop())
            .unwrap();
        // Those who have nothing to wait for are let go at once.
        for web in idle.iter_mut().chain([&mut half]) {
            web.ends();
        }
        assert!(began.elapsed() < STOP, "{:?}", began.elapsed());
        for web in &mut webs {
            assert_eq!(web.rest().len(), LEN, "a transfer was cut");
        }
        for client in &mut streams {
            assert_eq!(client.streamed().len(), LEN, "a transfer was cut");
        }
        let read = move || while matches!(endless.hear(), Heard::Packet(..)) {};
        named("endless").spawn_scoped(scope, read).unwrap();
    });
    let took = began.elapsed();
    assert!(took >= STOP && took < STOP + SLACK, "{took:?}");
    assert!(none_is_left(), "{:?}", threads());
    // It is visible that bytes are missing.
    for web in &mut stuck {
        assert!(web.rest().len() < 64 << 20);
    }

    // With nobody to wait for it takes no time, and with nobody but idle ones neither.
    for clients in [0, 50] {
        let server = self::server();
        let idle: Vec<_> = (0..clients).map(|_| Web::new(server.addr())).collect();
        wait_until("all are there", || server.stats().connections == clients);
        let began = Instant::now();
        server.stop();
        assert!(began.elapsed() < STOP, "{:?}", began.elapsed());
        assert!(none_is_left(), "{:?}", threads());
        drop(idle);
    }

    // Dropped without a word, with a flood of new clients at the door.
    let server = self::server();
    let addr = server.addr();
    thread::scope(|scope| {
        let flood = || {
            while let Ok(mut socket) = std::net::TcpStream::connect(addr) {
                socket.set_read_timeout(Some(PATIENCE)).unwrap();
                let _ =
                    std::io::Write::write_all(&mut socket, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
                let _ = socket.read(&mut [0; 16]);
            }
        };
        for _ in 0..4 {
            let client = thread::Builder::new().name("client".into());
            client.spawn_scoped(scope, flood).unwrap();
        }
        wait_until("they come", || server.stats().accepted > 50);
        drop(server);
        assert!(none_is_left(), "{:?}", threads());
    });
}
