//! How long a connection stays, and how many there may be (RFC 9112, 9).

use lanes_server::{Config, Server};
use lanes_shared::sample::Sample;

use super::common;
use super::common::http::Web;
use super::{bundled, hasty};

#[test]
fn requests_may_be_pipelined_and_come_in_any_pieces() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    let sample = |len: usize| {
        let mut bytes = vec![0; len];
        Sample::new(5115).fill(0, &mut bytes);
        bytes
    };
    let sizes = [1, 100, 300_000, 0, 5000];
    let requests: String = sizes
        .iter()
        .map(|len| format!("GET /sample-{len}B.bin HTTP/1.1\r\nHost: x\r\n\r\n"))
        .collect();
    web.say(&requests);
    for len in sizes {
        assert!(web.hear().body == sample(len), "{len}");
    }
    for byte in requests.bytes() {
        web.say([byte]);
    }
    for len in sizes {
        assert!(web.hear().body == sample(len), "{len}");
    }
    web.say("\r\nGET /sample-9B.bin HTTP/1.1\nHost: x\n\n");
    assert_eq!(
        web.hear().body,
        sample(9),
        "bare line ends and an empty line before"
    );
}

#[test]
fn a_connection_ends_when_the_client_says_so() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    let response = web.get("/Data-50KB.jpg", "Connection: close\r\n");
    assert_eq!(response.field("Connection"), Some("close"));
    web.ends();

    let mut web = Web::new(server.addr());
    web.say("GET /Data-50KB.jpg HTTP/1.0\r\n\r\n");
    assert_eq!(web.hear().status, 200, "HTTP/1.0 needs no Host");
    web.ends();

    let mut web = Web::new(server.addr());
    for _ in 0..2 {
        web.say("GET /Data-50KB.jpg HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!(web.hear().field("Connection"), Some("keep-alive"));
    }
    // A client that closes its end still gets what it asked for.
    web.say("GET /sample-3MiB.bin HTTP/1.1\r\nHost: x\r\n\r\n");
    web.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(web.hear().body.len(), 3 << 20);
    web.ends();
}

#[test]
fn a_request_must_come_to_its_end_and_an_idle_client_is_let_go() {
    let server = hasty();
    let mut slow = Web::new(server.addr());
    slow.say("GET / HTTP/1.1\r\n");
    let response = slow.hear();
    assert_eq!(
        (response.status, response.field("Connection")),
        (408, Some("close"))
    );
    slow.ends();
    let mut idle = Web::new(server.addr());
    assert_eq!(idle.get("/Data-50KB.jpg", "").status, 200);
    // Nobody asked for anything, so nothing is answered.
    idle.ends();
}

#[test]
fn one_connection_too_many_is_told_so() {
    let server = Server::start(Config {
        max_connections: 1,
        ..common::config(None)
    })
    .unwrap();
    let mut first = Web::new(server.addr());
    assert_eq!(first.get("/Data-50KB.jpg", "").status, 200);
    let mut second = Web::new(server.addr());
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
    second.ends();
    let mut third = Web::new(server.addr());
    assert_eq!(third.head("/Data-50KB.jpg", "").status, 503);
    third.ends();
    assert_eq!(first.get("/Data-50KB.jpg", "").status, 200);
}
