//! Clients that vanish, do not read, or reset: they neither delay other clients nor stay connected
//! forever. Over both protocols, with and without an emulated link.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use common::http::{HttpClient, get};
use common::{Client, TIMEOUT, noise, open, run, wait_until};
use lanes_server::{Config, Server, Timeouts};
use lanes_shared::link::parse_profile;
use lanes_shared::wire::{MAGIC, Order, Reply, Request};
use socket2::SockRef;

/// Links of all tests; the first is no emulation.
const LINKS: [&str; 2] = ["", "rate_mbit = 500\nrtt_ms = 2"];
/// Length of the file of [`assert_serves_others`], in bytes.
const LEN: usize = 100_000;

/// Starts a server of a folder with the file `x`. All its timeouts except the last are `timeout`.
fn server(link: &str, timeout: Duration) -> (Server, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x"), noise(LEN)).unwrap();
    let server = Server::start(Config {
        link: (!link.is_empty()).then(|| parse_profile(link).unwrap()),
        timeouts: Timeouts {
            request: timeout,
            idle: timeout,
            write: timeout,
            ..Timeouts::default()
        },
        ..common::config(Some(dir.path()))
    });
    (server.unwrap(), dir)
}

/// Asserts that other clients are served, over both protocols.
fn assert_serves_others(addr: SocketAddr) {
    assert!(get(addr, "/x", "").body == noise(LEN), "over HTTP");
    let mut client = Client::new(addr);
    client.open("x", 1024);
    client.request(&[Request::Stream { offset: 0 }]);
    assert!(client.streamed() == noise(LEN), "over the Lanes protocol");
}

/// Returns the bytes that a client may have sent before it vanishes.
fn prefixes() -> Vec<Vec<u8>> {
    let encoded = |requests: &[Request]| {
        let mut bytes = MAGIC.to_vec();
        requests
            .iter()
            .for_each(|request| request.encode(&mut bytes));
        bytes
    };
    let hello = Request::Hello {
        session: [1; 16],
        link: String::new(),
    };
    let hello_and_open = encoded(&[hello.clone(), open("x", 1024)]);
    vec![
        vec![],
        MAGIC[..3].to_vec(),
        MAGIC.to_vec(),
        encoded(std::slice::from_ref(&hello)),
        hello_and_open[..hello_and_open.len() - 1].to_vec(),
        hello_and_open,
        encoded(&[
            hello,
            open("sample-1GiB.bin", 1024),
            run(0, 1 << 20, Order::InOrder),
        ]),
        b"G".to_vec(),
        b"GET /x HTTP/1.1\r\nHo".to_vec(),
        b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        b"GET /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n".to_vec(),
        b"GET /sample-1GiB.bin HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
    ]
}

/// Connects and sends `bytes`.
fn connect(addr: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    socket.write_all(bytes).unwrap();
    socket
}

#[test]
fn vanished_clients_time_out_and_do_not_delay_others() {
    for link in LINKS {
        let (server, _dir) = server(link, Duration::from_secs(1));
        // A client behind a cut cable neither sends nor reads.
        let vanished: Vec<_> = prefixes()
            .iter()
            .map(|bytes| connect(server.addr(), bytes))
            .collect();
        assert_serves_others(server.addr());
        wait_until("all are disconnected", || server.stats().connections == 0);
        drop(vanished);
        assert_serves_others(server.addr());
    }
}

#[test]
fn an_endless_request_times_out() {
    for link in LINKS {
        let (server, _dir) = server(link, Duration::from_secs(1));
        // Each byte arrives well within the timeout.
        let lanes = [&MAGIC[..], &[1, 0, 0xF0, 0]].concat();
        for begin in [&b"GET /x HTTP/1.1\r\nx: "[..], &lanes] {
            let socket = connect(server.addr(), begin);
            let is_disconnected = || server.stats().connections == 0;
            wait_until("the client is connected", || !is_disconnected());
            wait_until("the client is disconnected", || {
                let _ = (&socket).write_all(b"x");
                is_disconnected()
            });
            assert_serves_others(server.addr());
            wait_until("the others have disconnected", is_disconnected);
        }
    }
}

#[test]
fn clients_that_reset_leave_nothing_and_do_not_delay_others() {
    for link in LINKS {
        let (server, _dir) = server(link, TIMEOUT);
        for round in 0..3 {
            for bytes in prefixes() {
                let mut socket = connect(server.addr(), &bytes);
                if round > 0 && bytes.len() > 40 {
                    // In the middle of a response.
                    let _ = socket.read(&mut [0; 1000]).unwrap();
                }
                // Close with a reset.
                SockRef::from(&socket)
                    .set_linger(Some(Duration::ZERO))
                    .unwrap();
            }
            assert_serves_others(server.addr());
        }
        wait_until("all are disconnected", || server.stats().connections == 0);
    }
}

#[test]
fn clients_that_hardly_read_time_out_and_do_not_delay_others() {
    for link in LINKS {
        let (server, _dir) = server(link, Duration::from_secs(3));
        let addr = server.addr();
        let request = |over_http: bool| {
            if over_http {
                return connect(
                    addr,
                    b"GET /sample-1GiB.bin HTTP/1.1\r\nHost: localhost\r\n\r\n",
                );
            }
            let mut client = Client::new(addr);
            client.open("sample-1GiB.bin", 65_536);
            client.request(&[run(0, 16_384, Order::InOrder)]);
            client.socket
        };
        thread::scope(|scope| {
            let never: Vec<_> = [false, true].repeat(5).into_iter().map(request).collect();
            let mut readers = Vec::new();
            for mut socket in [false, true].map(request) {
                let (stop, stopped) = sync_channel::<()>(0);
                let read = move || {
                    while stopped.recv_timeout(Duration::from_secs(1))
                        == Err(RecvTimeoutError::Timeout)
                    {
                        // Fails once the server has closed the connection.
                        let _ = socket.read(&mut [0; 1]);
                    }
                };
                let reader = thread::Builder::new().name("reader".into());
                reader.spawn_scoped(scope, read).unwrap();
                readers.push(stop);
            }
            wait_until("all are connected", || server.stats().connections == 12);
            for _ in 0..5 {
                assert_serves_others(addr);
            }
            // One byte per second opens no window: to the server both kinds of clients look the same.
            wait_until("all are disconnected", || server.stats().connections == 0);
            drop((never, readers));
        });
    }
}

#[test]
fn a_slow_reader_gets_the_whole_file() {
    let fetch = |link| {
        let (server, _dir) = server(link, Duration::from_secs(4));
        let mut http = HttpClient::new(server.addr());
        let small = 64 * 1024;
        SockRef::from(&http.socket)
            .set_recv_buffer_size(small)
            .unwrap();
        http.send("GET /sample-24MiB.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        // More than the buffers of both sides hold, with pauses that add up to more than the write
        // timeout.
        let mut bytes = Vec::new();
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(500));
            let mut piece = vec![0; 1 << 20];
            http.socket.read_exact(&mut piece).unwrap();
            bytes.extend(piece);
        }
        bytes.extend(http.rest());
        let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
        assert_eq!(bytes.len() - head - 4, 24 << 20);
    };
    thread::scope(|scope| {
        for link in LINKS {
            let reader = thread::Builder::new().name("reader".into());
            reader.spawn_scoped(scope, move || fetch(link)).unwrap();
        }
    });
}

#[test]
fn a_client_that_sends_requests_and_reads_nothing_times_out() {
    let (server, _dir) = server("", Duration::from_secs(1));
    let mut socket = connect(server.addr(), b"");
    socket.set_write_timeout(Some(TIMEOUT)).unwrap();
    let requests =
        "GET /Data.jpg HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    // Ends when the server closes the connection.
    while socket.write_all(requests.as_bytes()).is_ok() {}
    wait_until("the client is disconnected", || {
        server.stats().connections == 0
    });
    // The same over the Lanes protocol.
    let mut client = Client::new(server.addr());
    client.open("x", 1024);
    let mut requests = Vec::new();
    for _ in 0..1000 {
        run(0, 97, Order::Shuffled(1)).encode(&mut requests);
        common::list("").encode(&mut requests);
    }
    while client.socket.write_all(&requests).is_ok() {}
    wait_until("the client is disconnected", || {
        server.stats().connections == 0
    });
    assert_serves_others(server.addr());
    let welcomed = Client::new(server.addr()).open("x", 128);
    assert_eq!(welcomed.len, LEN as u64);
    let mut client = Client::silent(server.addr());
    client.hello();
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
}
