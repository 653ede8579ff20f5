//! Clients that try to take the server from others: each is served at most its share, and the server
//! stays stoppable.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

#[path = "../common/mod.rs"]
mod common;

mod browsers;
mod crowd;
mod digests;
mod files;
mod links;
mod log;
mod shares;
mod stop;

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use common::http::HttpClient;
use common::{Client, TIMEOUT, open, run};
use lanes_server::{Config, Server};
use lanes_shared::wire::{MAGIC, Order, Request};
use socket2::{Domain, Socket, Type};

/// Background traffic that takes a second of processor time per second on one core.
const HEAVY_LINK: &str = "rate_mbit = 10000\nrtt_ms = 1\nbackground_flows = 64";
/// A link that delivers one packet a minute.
const SLOW_LINK: &str =
    "rate_mbit = 0.01\nrtt_ms = 5000\nbackground_flows = 64\nbuffer_kib = 1048576";
/// Time for what takes milliseconds, on a slow and busy machine.
const PROMPT: Duration = Duration::from_secs(5);

fn bundled(max_connections: usize) -> Server {
    Server::start(Config {
        max_connections,
        ..common::config(None)
    })
    .unwrap()
}

/// Connects to a local server from another loopback address, where the system has several.
fn connect_from(from: Ipv4Addr, addr: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    if cfg!(target_os = "linux") {
        socket
            .bind(&SocketAddr::new(from.into(), 0).into())
            .unwrap();
    }
    socket.connect(&addr.into()).unwrap();
    let socket = TcpStream::from(socket);
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    socket.set_write_timeout(Some(TIMEOUT)).unwrap();
    socket
}

/// Returns the bytes of a hello for a session and its link, and of requests after it.
fn hello(session: [u8; 16], link: &str, requests: &[Request]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let link = link.to_owned();
    Request::Hello { session, link }.encode(&mut bytes);
    requests
        .iter()
        .for_each(|request| request.encode(&mut bytes));
    bytes
}

/// Connects, sends `bytes` and closes the connection.
fn send_and_leave(addr: SocketAddr, bytes: &[u8]) {
    TcpStream::connect(addr).unwrap().write_all(bytes).unwrap();
}

/// Returns the requests for the first packets of a long file.
fn long_requests() -> [Request; 2] {
    [
        open("sample-1GiB.bin", 65_536),
        run(0, 1000, Order::InOrder),
    ]
}

/// Asserts that others are served at once, over both protocols and over an emulated link.
fn assert_serves_others(server: &Server) {
    let began = Instant::now();
    let mut http = HttpClient::new(server.addr());
    assert_eq!(http.get("/Data-50KB.jpg", "").status, 200);
    let mut client = Client::silent(server.addr());
    client.hello_with_link([99; 16], "rtt_ms = 1");
    client.reply();
    assert!(client.open("Data-50KB.jpg", 1024).len > 0);
    let took = began.elapsed();
    assert!(took < PROMPT, "{took:?}");
}

/// Asserts that the server stops at once.
fn assert_stops(server: Server) {
    let began = Instant::now();
    server.stop();
    let took = began.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
}
