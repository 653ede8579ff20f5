//! A stop under load. A separate test program, because it inspects all threads of the process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant};

use common::http::HttpClient;
use common::{Client, Frame, TIMEOUT, run, threads, wait_until};
use lanes_server::{Config, Server, Timeouts};
use lanes_shared::wire::{Order, Request};
use socket2::SockRef;

/// Time that running transfers have to complete.
const SHUTDOWN: Duration = Duration::from_secs(3);
/// Additional time of a stop on a busy machine. About a second is normal.
const SLACK: Duration = Duration::from_secs(15);
/// Length of the transfers that complete, in bytes.
const LEN: usize = 24 << 20;

fn server() -> Server {
    let timeouts = Timeouts {
        shutdown: SHUTDOWN,
        ..Timeouts::default()
    };
    Server::start(Config {
        timeouts,
        ..common::config(None)
    })
    .unwrap()
}

/// Returns whether all threads of the server have ended.
fn all_threads_have_ended() -> bool {
    let is_ours = |name: &String| {
        ["serve-", "pace", "hasher"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    !threads().iter().any(is_ours)
}

#[test]
fn running_transfers_complete_and_blocked_ones_are_cut_off() {
    let server = server();
    let addr = server.addr();
    let mut idle = [(); 5].map(|()| HttpClient::new(addr));
    for http in &mut idle {
        assert_eq!(http.get("/Data-50KB.jpg", "").status, 200);
    }
    let mut half = HttpClient::new(addr);
    half.send("GET / HTT");
    let mut stuck = [(); 5].map(|()| HttpClient::new(addr));
    for http in &mut stuck {
        http.send("GET /sample-64GiB.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(http.receive_head().status, 200);
    }
    // These transfers are running when the server stops, and their clients read only then.
    let mut readers = [(); 5].map(|()| {
        let http = HttpClient::new(addr);
        SockRef::from(&http.socket)
            .set_recv_buffer_size(64 * 1024)
            .unwrap();
        http
    });
    for http in &mut readers {
        http.send("GET /sample-24MiB.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(http.receive_head().status, 200);
    }
    let mut streams = [(); 5].map(|()| Client::new(addr));
    for client in &mut streams {
        client.open("sample-24MiB.bin", 65_536);
        client.request(&[Request::Stream { offset: 0 }]);
    }
    let mut endless = Client::new(addr);
    endless.open("sample-64GiB.bin", 65_536);
    endless.request(&[run(0, 1 << 20, Order::InOrder)]);
    assert!(matches!(endless.receive(), Frame::Packet(0, _)));
    wait_until("all transfers have started", || {
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
        // Connections without a transfer are closed at once.
        for http in idle.iter_mut().chain([&mut half]) {
            http.assert_closed();
        }
        assert!(began.elapsed() < SHUTDOWN, "{:?}", began.elapsed());
        for http in &mut readers {
            assert_eq!(http.rest().len(), LEN, "a transfer was cut off");
        }
        for client in &mut streams {
            assert_eq!(client.streamed().len(), LEN, "a transfer was cut off");
        }
        let read = move || while matches!(endless.receive(), Frame::Packet(..)) {};
        named("endless").spawn_scoped(scope, read).unwrap();
    });
    let took = began.elapsed();
    assert!(took >= SHUTDOWN && took < SHUTDOWN + SLACK, "{took:?}");
    assert!(all_threads_have_ended(), "{:?}", threads());
    // The client can see that bytes are missing.
    for http in &mut stuck {
        assert!(http.rest().len() < 64 << 20);
    }

    // Without transfers the stop does not wait.
    for clients in [0, 50] {
        let server = self::server();
        let idle: Vec<_> = (0..clients)
            .map(|_| HttpClient::new(server.addr()))
            .collect();
        wait_until("all are connected", || {
            server.stats().connections == clients
        });
        let began = Instant::now();
        server.stop();
        assert!(began.elapsed() < SHUTDOWN, "{:?}", began.elapsed());
        assert!(all_threads_have_ended(), "{:?}", threads());
        drop(idle);
    }

    // Dropping the server stops it, too, while many clients connect.
    let server = self::server();
    let addr = server.addr();
    thread::scope(|scope| {
        let flood = || {
            while let Ok(mut socket) = std::net::TcpStream::connect(addr) {
                socket.set_read_timeout(Some(TIMEOUT)).unwrap();
                let _ = std::io::Write::write_all(
                    &mut socket,
                    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                );
                let _ = socket.read(&mut [0; 16]);
            }
        };
        for _ in 0..4 {
            let client = thread::Builder::new().name("client".into());
            client.spawn_scoped(scope, flood).unwrap();
        }
        wait_until("the clients connect", || server.stats().accepted > 50);
        drop(server);
        assert!(all_threads_have_ended(), "{:?}", threads());
    });
}
