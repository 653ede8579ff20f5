//! Shares of the connections by client address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Instant;

use super::common::http::HttpClient;
use super::common::{Client, TIMEOUT, wait_until};
use super::{bundled, connect_from, hello};
use lanes_server::{Config, Server};
use lanes_shared::wire::{Refusal, Reply};
use std::io::Write as _;

/// Requests a file over a new connection until the server is not full.
fn wait_until_served(addr: SocketAddr) {
    let deadline = Instant::now() + TIMEOUT;
    while HttpClient::new(addr).get("/Data-50KB.jpg", "").status != 200 {
        assert!(Instant::now() < deadline, "never served");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn idle_connections_of_one_address_make_way_for_others() {
    let server = bundled(8);
    let other = Ipv4Addr::new(127, 0, 0, 2);
    // Silent, between two requests, and after the hello of the Lanes protocol.
    let mut held: Vec<_> = (0..7).map(|_| connect_from(other, server.addr())).collect();
    for socket in &mut held[2..4] {
        let request = b"GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n";
        socket.write_all(request).unwrap();
    }
    for socket in &mut held[4..] {
        socket.write_all(&hello([1; 16], "", &[])).unwrap();
    }
    // Transfers are never cut off for others.
    let mut busy = HttpClient::from(connect_from(other, server.addr()));
    busy.send("GET /sample-64MiB.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(busy.receive_head().status, 200);
    wait_until("all are connected", || server.stats().connections == 8);
    for _ in 0..4 {
        wait_until_served(server.addr());
    }
    let kept: Vec<_> = (0..3)
        .map(|_| Client::new_when_free(server.addr()))
        .collect();
    assert!(server.stats().connections <= 8);
    assert!(busy.rest().len() >= 64 << 20);
    drop((held, kept));
}

/// Returns an address of this machine that other machines use, if it has one.
fn external_addr() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Sends nothing.
    socket.connect("192.0.2.1:9").ok()?;
    let addr = socket.local_addr().ok()?.ip();
    (!addr.is_loopback() && !addr.is_unspecified()).then_some(addr)
}

#[test]
fn one_address_gets_at_most_three_quarters_of_the_connections() {
    let Some(external) = external_addr() else {
        // The share itself has a test beside it.
        eprintln!("skipped: this machine has no address beyond loopback");
        return;
    };
    let server = Server::start(Config {
        listen: ([0, 0, 0, 0], 0).into(),
        max_connections: 100,
        ..super::common::config(None)
    })
    .unwrap();
    let port = server.addr().port();
    let addr = SocketAddr::new(external, port);
    let held: Vec<_> = (0..75).map(|_| Client::new(addr)).collect();
    let mut client = Client::silent(addr);
    let (refusal, message) = client.refusal();
    assert_eq!(refusal, Refusal::TooManyConnections);
    assert!(
        message.contains("75 connections of one client"),
        "{message}"
    );
    // Loopback has no share: all programs of the machine have that address.
    let local = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
    let local: Vec<_> = (0..25).map(|_| Client::new(local)).collect();
    assert_eq!(server.stats().connections, 100);
    drop((held, local));
}

impl Client {
    /// Connects and completes the handshake, again while the server is full.
    fn new_when_free(addr: SocketAddr) -> Self {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let mut client = Self::silent(addr);
            client.hello();
            if matches!(client.reply(), Reply::Welcome { .. }) {
                return client;
            }
            assert!(Instant::now() < deadline, "never served");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}
