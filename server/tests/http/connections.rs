//! Lifetime and number of connections (RFC 9112, section 9).

use lanes_server::{Config, Server};
use lanes_shared::sample::Sample;

use super::common;
use super::common::http::HttpClient;
use super::{bundled, with_short_timeouts};

#[test]
fn requests_may_be_pipelined_and_split_anywhere() {
    let server = bundled();
    let mut http = HttpClient::new(server.addr());
    let sample = |len: usize| {
        let mut bytes = vec![0; len];
        Sample::new(5115).fill(0, &mut bytes);
        bytes
    };
    let sizes = [1, 100, 300_000, 0, 5000];
    let requests: String = sizes
        .iter()
        .map(|len| format!("GET /sample-{len}B.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        .collect();
    http.send(&requests);
    for len in sizes {
        assert!(http.receive().body == sample(len), "{len}");
    }
    for byte in requests.bytes() {
        http.send([byte]);
    }
    for len in sizes {
        assert!(http.receive().body == sample(len), "{len}");
    }
    http.send("\r\nGET /sample-9B.bin HTTP/1.1\nHost: localhost\n\n");
    assert_eq!(
        http.receive().body,
        sample(9),
        "bare LF line ends after an empty line"
    );
}

#[test]
fn the_connection_header_decides_on_keep_alive() {
    let server = bundled();
    let mut http = HttpClient::new(server.addr());
    let response = http.get("/Data-50KB.jpg", "Connection: close\r\n");
    assert_eq!(response.field("Connection"), Some("close"));
    http.assert_closed();

    let mut http = HttpClient::new(server.addr());
    http.send("GET /Data-50KB.jpg HTTP/1.0\r\n\r\n");
    assert_eq!(http.receive().status, 200, "HTTP/1.0 needs no Host");
    http.assert_closed();

    let mut http = HttpClient::new(server.addr());
    for _ in 0..2 {
        http.send("GET /Data-50KB.jpg HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!(http.receive().field("Connection"), Some("keep-alive"));
    }
    // A client that has closed its sending side still gets the response.
    http.send("GET /sample-3MiB.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
    http.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(http.receive().body.len(), 3 << 20);
    http.assert_closed();
}

#[test]
fn incomplete_requests_and_idle_clients_time_out() {
    let server = with_short_timeouts();
    let mut slow = HttpClient::new(server.addr());
    slow.send("GET / HTTP/1.1\r\n");
    let response = slow.receive();
    assert_eq!(
        (response.status, response.field("Connection")),
        (408, Some("close"))
    );
    slow.assert_closed();
    let mut idle = HttpClient::new(server.addr());
    assert_eq!(idle.get("/Data-50KB.jpg", "").status, 200);
    // An idle timeout is not a response to anything.
    idle.assert_closed();
}

#[test]
fn a_connection_above_the_limit_gets_503() {
    let server = Server::start(Config {
        max_connections: 1,
        ..common::config(None)
    })
    .unwrap();
    let mut first = HttpClient::new(server.addr());
    assert_eq!(first.get("/Data-50KB.jpg", "").status, 200);
    let mut second = HttpClient::new(server.addr());
    let response = second.get("/Data-50KB.jpg", "");
    assert_eq!(
        (response.status, response.field("Connection")),
        (503, Some("close"))
    );
    assert!(
        response.text().contains("1 connections"),
        "{}",
        response.text()
    );
    assert!(response.field("Retry-After").is_some());
    second.assert_closed();
    let mut third = HttpClient::new(server.addr());
    assert_eq!(third.head("/Data-50KB.jpg", "").status, 503);
    third.assert_closed();
    assert_eq!(first.get("/Data-50KB.jpg", "").status, 200);
}
