//! A thousand honest connections beside two hundred hostile ones.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use super::common::Client;
use super::common::http::HttpClient;
use super::{HEAVY_LINK, SLOW_LINK, assert_stops, bundled, connect_from, hello, long_requests};
use lanes_shared::wire::{Order, Request};

const HOSTILE: usize = 200;
const HONEST_THREADS: usize = 20;

/// Returns the number of honest connections: 1,000 if the process may open as many sockets.
fn honest() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let limit = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let limit = limit.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    if limit.unwrap_or(1024) >= 5000 {
        1000
    } else {
        200
    }
}

/// Returns what one hostile client sends, and whether it closes the connection at once.
fn hostile_bytes(number: usize) -> (Vec<u8>, bool) {
    let session = [number as u8; 16];
    let name = |text: String| super::open(&text, 65_536);
    match number % 8 {
        0 => (hello(session, HEAVY_LINK, &[]), true),
        1 => (hello(session, SLOW_LINK, &long_requests()), true),
        2 => (hello(session, SLOW_LINK, &long_requests()), false),
        3 => {
            let huge = name(format!("sample-{}GB.bin", 900 + number % 100));
            (hello(session, "", &[huge, Request::Digest]), false)
        }
        4 => {
            let local = Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets();
            (hello(local, "rate_mbit = 1", &long_requests()), false)
        }
        5 => (hello(session, "", &[name("long\n".repeat(10_000))]), false),
        6 => (
            b"GET /x%0Aforged HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_vec(),
            false,
        ),
        _ => (Vec::new(), false),
    }
}

#[test]
fn honest_clients_are_served_beside_hostile_ones() {
    let honest = honest();
    let server = bundled(honest + 256);
    let addr = server.addr();
    let began = Barrier::new(HONEST_THREADS + 1);
    let mut hostile = Vec::new();
    thread::scope(|scope| {
        for thread in 0..HONEST_THREADS {
            let began = &began;
            let body = move || {
                let count = honest / HONEST_THREADS;
                let mut https: Vec<_> = (0..count / 2).map(|_| HttpClient::new(addr)).collect();
                let mut lanes: Vec<_> = (0..count / 2).map(|_| Client::new(addr)).collect();
                // All connections are open before the hostile ones begin.
                began.wait();
                for _ in 0..3 {
                    for http in &mut https {
                        http.send("GET /Data-50KB.jpg HTTP/1.1\r\nHost: localhost\r\n\r\n");
                    }
                    for client in &mut lanes {
                        let run = super::run(0, 1, Order::InOrder);
                        client.request(&[super::open("Data-500KB.jpg", 65_536), run]);
                    }
                    for http in &mut https {
                        let response = http.receive();
                        assert_eq!((response.status, response.body.len() > 40_000), (200, true));
                    }
                    for client in &mut lanes {
                        client.opened();
                        assert!(matches!(
                            client.receive(),
                            super::common::Frame::Packet(0, _)
                        ));
                    }
                }
            };
            let named = thread::Builder::new().name(format!("honest-{thread}"));
            named.spawn_scoped(scope, body).unwrap();
        }
        began.wait();
        for number in 0..HOSTILE {
            let (bytes, leaves) = hostile_bytes(number);
            let mut socket = connect_from(Ipv4Addr::new(127, 0, 0, 2), addr);
            // Fails once the server has refused the client.
            let _ = socket.write_all(&bytes);
            if !leaves {
                hostile.push(socket);
            }
        }
        // New clients are served meanwhile, too.
        for _ in 0..10 {
            super::assert_serves_others(&server);
            thread::sleep(Duration::from_millis(10));
        }
    });
    assert!(server.stats().refused == 0, "{:?}", server.stats().refused);
    assert_stops(server);
    drop(hostile);
}
