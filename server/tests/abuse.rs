//! Clients that vanish, do not read, or break off: none of them holds up anybody else, and none
//! stays for ever. Over both protocols, with and without an emulated link.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use common::http::{Web, get};
use common::{Client, PATIENCE, noise, open, run, wait_until};
use lanes_server::{Config, Server, Timeouts};
use lanes_shared::link::named;
use lanes_shared::wire::{MAGIC, Order, Reply, Request};
use socket2::SockRef;

/// The emulated links that everything is tried over.
const LINKS: [&str; 2] = ["", "rate_mbit = 500\nrtt_ms = 2"];
/// What is fetched to see that others are served.
const LEN: usize = 100_000;

/// A server with a folder in which `x` is, that waits for nobody longer than `patience`.
fn server(link: &str, patience: Duration) -> (Server, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x"), noise(LEN)).unwrap();
    let server = Server::start(Config {
        link: (!link.is_empty()).then(|| named(link).unwrap()),
        timeouts: Timeouts {
            request: patience,
            idle: patience,
            write: patience,
            ..Timeouts::default()
        },
        ..common::config(Some(dir.path()))
    });
    (server.unwrap(), dir)
}

/// Others get what they ask for, over both protocols.
fn serves_others(addr: SocketAddr) {
    assert!(get(addr, "/x", "").body == noise(LEN), "over HTTP");
    let mut client = Client::new(addr);
    client.open("x", 1024);
    client.ask(&[Request::Stream { offset: 0 }]);
    assert!(client.streamed() == noise(LEN), "over the Lanes protocol");
}

/// Everything that a client may have said when it vanishes.
fn words() -> Vec<Vec<u8>> {
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
        b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".to_vec(),
        b"GET /sample-1GiB.bin HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
    ]
}

/// Connects and says this.
fn say(addr: SocketAddr, words: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(words).unwrap();
    socket
}

#[test]
fn clients_that_vanish_without_a_word_are_let_go_and_hold_up_nobody() {
    for link in LINKS {
        let (server, _dir) = server(link, Duration::from_secs(1));
        // To a server a client whose cable was cut is one that neither says nor reads anything.
        let vanished: Vec<_> = words()
            .iter()
            .map(|words| say(server.addr(), words))
            .collect();
        serves_others(server.addr());
        wait_until("all are let go", || server.stats().connections == 0);
        drop(vanished);
        serves_others(server.addr());
    }
}

#[test]
fn who_dribbles_a_request_without_end_is_let_go() {
    for link in LINKS {
        let (server, _dir) = server(link, Duration::from_secs(1));
        // Each byte comes long before anybody would miss it.
        let lanes = [&MAGIC[..], &[1, 0, 0xF0, 0]].concat();
        for begin in [&b"GET /x HTTP/1.1\r\nx: "[..], &lanes] {
            let socket = say(server.addr(), begin);
            let let_go = || server.stats().connections == 0;
            wait_until("it is counted", || !let_go());
            wait_until("it is let go", || {
                let _ = (&socket).write_all(b"x");
                let_go()
            });
            serves_others(server.addr());
            wait_until("the others are gone", let_go);
        }
    }
}

#[test]
fn clients_that_break_off_leave_nothing_and_hold_up_nobody() {
    for link in LINKS {
        let (server, _dir) = server(link, PATIENCE);
        for round in 0..3 {
            for words in words() {
                let mut socket = say(server.addr(), &words);
                if round > 0 && words.len() > 40 {
                    // In the middle of an answer.
                    let _ = socket.read(&mut [0; 1000]).unwrap();
                }
                // A reset instead of an orderly end.
                SockRef::from(&socket)
                    .set_linger(Some(Duration::ZERO))
                    .unwrap();
            }
            serves_others(server.addr());
        }
        wait_until("all are gone", || server.stats().connections == 0);
    }
}

#[test]
fn who_never_reads_and_who_reads_a_byte_a_second_hold_up_nobody_and_are_let_go() {
    for link in LINKS {
        let (server, _dir) = server(link, Duration::from_secs(3));
        let addr = server.addr();
        let ask = |of_http: bool| {
            if of_http {
                return say(addr, b"GET /sample-1GiB.bin HTTP/1.1\r\nHost: x\r\n\r\n");
            }
            let mut client = Client::new(addr);
            client.open("sample-1GiB.bin", 65_536);
            client.ask(&[run(0, 16_384, Order::InOrder)]);
            client.socket
        };
        thread::scope(|scope| {
            let never: Vec<_> = [false, true].repeat(5).into_iter().map(ask).collect();
            let mut readers = Vec::new();
            for mut socket in [false, true].map(ask) {
                let (enough, told) = sync_channel::<()>(0);
                let read = move || {
                    while told.recv_timeout(Duration::from_secs(1))
                        == Err(RecvTimeoutError::Timeout)
                    {
                        // That the server has let it go is what is waited for.
                        let _ = socket.read(&mut [0; 1]);
                    }
                };
                let reader = thread::Builder::new().name("reader".into());
                reader.spawn_scoped(scope, read).unwrap();
                readers.push(enough);
            }
            wait_until("all are at it", || server.stats().connections == 12);
            for _ in 0..5 {
                serves_others(addr);
            }
            // A byte a second moves no window: the server cannot tell the two from each other.
            wait_until("all are let go", || server.stats().connections == 0);
            drop((never, readers));
        });
    }
}

#[test]
fn a_slow_reader_that_takes_something_now_and_then_gets_everything() {
    let fetch = |link| {
        let (server, _dir) = server(link, Duration::from_secs(4));
        let mut web = Web::new(server.addr());
        let small = 64 * 1024;
        SockRef::from(&web.socket)
            .set_recv_buffer_size(small)
            .unwrap();
        web.say("GET /sample-24MiB.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        // Far more than the buffers of both sides hold, with pauses that are longer in all than
        // the server waits for one that takes nothing.
        let mut bytes = Vec::new();
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(500));
            let mut piece = vec![0; 1 << 20];
            web.socket.read_exact(&mut piece).unwrap();
            bytes.extend(piece);
        }
        bytes.extend(web.rest());
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
fn a_client_that_asks_without_end_and_reads_nothing_is_let_go() {
    let (server, _dir) = server("", Duration::from_secs(1));
    let mut socket = say(server.addr(), b"");
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    let asks =
        "GET /Data.jpg HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    // Until the server closes.
    while socket.write_all(asks.as_bytes()).is_ok() {}
    wait_until("it is let go", || server.stats().connections == 0);
    // And over the Lanes protocol.
    let mut client = Client::new(server.addr());
    client.open("x", 1024);
    let mut asks = Vec::new();
    for _ in 0..1000 {
        run(0, 97, Order::Shuffled(1)).encode(&mut asks);
        common::list("").encode(&mut asks);
    }
    while client.socket.write_all(&asks).is_ok() {}
    wait_until("it is let go", || server.stats().connections == 0);
    serves_others(server.addr());
    let welcomed = Client::new(server.addr()).open("x", 128);
    assert_eq!(welcomed.len, LEN as u64);
    let mut client = Client::silent(server.addr());
    client.hello();
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
}
