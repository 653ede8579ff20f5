//! HTTP over the emulated link, which behaves as for a Lanes client.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::http::HttpClient;
use common::{Client, TIMEOUT};
use lanes_server::{Config, Server};
use lanes_shared::link::{MSS, MTU, parse_profile};
use lanes_shared::sample::Sample;

fn server_with_link(link: &str) -> Server {
    Server::start(Config {
        link: Some(parse_profile(link).unwrap()),
        ..common::config(None)
    })
    .unwrap()
}

fn sample(offset: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    Sample::new(5115).fill(offset, &mut bytes);
    bytes
}

/// Returns the minimum time for `bytes` of payload at a rate of `mbit` Mbit/s.
fn min_time(bytes: u64, mbit: f64) -> Duration {
    let wire = bytes as f64 * MTU as f64 / MSS as f64;
    Duration::from_secs_f64(wire * 8.0 / (mbit * 1e6))
}

#[test]
fn connections_from_one_address_share_the_bottleneck() {
    let server = server_with_link("rate_mbit = 40\nrtt_ms = 10");
    let part = 500_000;
    let began = Instant::now();
    thread::scope(|scope| {
        for i in 0..4 {
            let server = &server;
            scope.spawn(move || {
                let first = i * part;
                let range = format!("Range: bytes={first}-{}\r\n", first + part - 1);
                let response = HttpClient::new(server.addr()).get("/sample-64MiB.bin", &range);
                assert_eq!(response.status, 206);
                assert!(response.body == sample(first, part as usize));
            });
        }
    });
    let took = began.elapsed();
    let least = min_time(4 * part, 40.0);
    assert!(took >= least, "{took:?} < {least:?}");
    assert!(took < least + TIMEOUT, "{took:?}");
}

#[test]
fn the_first_response_takes_two_round_trips_and_later_ones_one() {
    let server = server_with_link("rtt_ms = 150");
    let rtt = Duration::from_millis(150);
    let began = Instant::now();
    let mut http = HttpClient::new(server.addr());
    let request = |http: &mut HttpClient| {
        let began = Instant::now();
        assert_eq!(http.get("/sample-1KiB.bin", "").status, 200);
        began.elapsed()
    };
    request(&mut http);
    let first = began.elapsed();
    assert!(first >= 2 * rtt && first < 2 * rtt + TIMEOUT, "{first:?}");
    let later = request(&mut http);
    assert!(later >= rtt && later < rtt + TIMEOUT, "{later:?}");
}

#[test]
fn the_connection_limit_of_the_link_is_reported() {
    let server = server_with_link("rtt_ms = 1\nmax_connections = 1");
    let mut first = HttpClient::new(server.addr());
    assert_eq!(first.get("/sample-1KiB.bin", "").status, 200);
    let mut second = HttpClient::new(server.addr());
    let response = second.get("/sample-1KiB.bin", "");
    assert_eq!(
        (response.status, response.field("Connection")),
        (503, Some("close"))
    );
    assert!(
        response.text().contains("max_connections"),
        "{}",
        response.text()
    );
    second.assert_closed();
    // Each session has its own limit.
    Client::new(server.addr());
}

#[test]
fn a_connection_joins_a_new_link_with_its_next_request() {
    let server = Server::start(common::config(None)).unwrap();
    let mut http = HttpClient::new(server.addr());
    assert_eq!(http.get("/sample-1KiB.bin", "").status, 200);
    assert!(server.stats().links.is_empty());
    server
        .set_link(Some(parse_profile("rtt_ms = 100").unwrap()))
        .unwrap();
    let began = Instant::now();
    assert_eq!(http.get("/sample-1KiB.bin", "").status, 200);
    assert!(
        began.elapsed() >= Duration::from_millis(100),
        "{:?}",
        began.elapsed()
    );
    let stats = server.stats();
    assert_eq!(stats.links[0].connections, 1);
    assert_eq!(
        stats.links[0].session,
        std::net::Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets()
    );
    assert!(stats.peers[0].flow.is_some());
}

#[test]
fn index_pages_and_errors_use_the_link_too() {
    let server = server_with_link("rtt_ms = 60");
    for (target, status) in [("/", 200), ("/missing", 404)] {
        let began = Instant::now();
        let mut http = HttpClient::new(server.addr());
        assert_eq!(http.get(target, "").status, status);
        assert!(
            began.elapsed() >= Duration::from_millis(120),
            "{:?}",
            began.elapsed()
        );
    }
}
