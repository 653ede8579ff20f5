//! HTTP/3 against a server in this process: quinn-proto over a UDP socket, with a response made by each test.
//! Without `openssl`, which makes the certificate, these tests do nothing.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "test helpers may panic and print"
)]

#[path = "http3/quic_server.rs"]
mod quic_server;

use std::net::UdpSocket;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use lanes_engine::{
    CancelToken, FetchError, Http3Outcome, Http3Service, HttpOptions, HttpUrl, TimeLimits,
    fetch_http3, speaks_http3,
};
use quic_server::{Certificate, Reply, Server, frame, head};

/// Fetches from a server that gives each request the next of `replies`. `None` without `openssl`.
fn fetch(replies: Vec<Reply>) -> Option<(Result<Http3Outcome, FetchError>, Vec<u8>)> {
    let certificate = Certificate::make()?;
    let server = Server::start(&certificate, b"h3", replies);
    let options = HttpOptions {
        ca_file: Some(certificate.ca()),
        ..HttpOptions::default()
    };
    let mut file = Vec::new();
    let url = server.url("/dir/file.bin?a=1");
    let cancel = CancelToken::default();
    let result = fetch_http3(&url, None, &options, &cancel, &mut file);
    Some((result, file))
}

fn failure(replies: Vec<Reply>) -> Option<String> {
    let (result, file) = fetch(replies)?;
    assert!(file.len() < 8, "{} bytes", file.len());
    Some(result.unwrap_err().to_string())
}

fn ok(body: &[u8]) -> Reply {
    let len = body.len().to_string();
    let parts = [
        head(&[(":status", "200"), ("content-length", &len)]),
        frame(0, body),
    ];
    Reply::whole(parts.concat())
}

#[test]
fn a_file_arrives_whole() {
    let body: Vec<u8> = (0..3_000_000_u32)
        .map(|at| (at.wrapping_mul(at) >> 7) as u8)
        .collect();
    let Some((result, file)) = fetch(vec![ok(&body)]) else {
        return;
    };
    let outcome = result.unwrap();
    assert!(file == body && outcome.bytes == 3_000_000);
    assert!(outcome.first_byte.unwrap() <= outcome.elapsed);
    // An empty file; a file in several frames, after an interim response and before trailers.
    let (result, file) = fetch(vec![ok(&[])]).unwrap();
    assert_eq!((result.unwrap().first_byte, file), (None, Vec::new()));
    let parts = [
        head(&[(":status", "103")]),
        head(&[(":status", "200")]),
        frame(0x21, b"unknown"),
        frame(0, b"ab"),
        frame(0, b""),
        frame(0, b"c"),
        head(&[("x-sum", "1")]),
    ];
    let (result, file) = fetch(vec![Reply::whole(parts.concat())]).unwrap();
    assert_eq!((result.unwrap().bytes, &file[..]), (3, &b"abc"[..]));
}

#[test]
fn a_redirect_is_followed_over_a_new_connection() {
    let moved = head(&[(":status", "302"), ("location", "other.bin")]);
    let moved = [moved, frame(0, b"moved")].concat();
    let Some((result, file)) = fetch(vec![Reply::whole(moved), ok(b"abc")]) else {
        return;
    };
    assert_eq!((result.unwrap().bytes, &file[..]), (3, &b"abc"[..]));
    let insecure = head(&[(":status", "301"), ("location", "http://localhost/x")]);
    let error = failure(vec![Reply::whole(insecure)]).unwrap();
    assert!(error.contains("redirects"), "{error}");
}

#[test]
fn a_response_that_is_not_the_file_is_an_error() {
    let with =
        |fields: &[(&str, &str)], rest: &[u8]| Reply::whole([&head(fields)[..], rest].concat());
    for (reply, part) in [
        (with(&[(":status", "404")], &frame(0, b"no")), "status 404"),
        (
            with(
                &[(":status", "200"), ("content-length", "9")],
                &frame(0, b"abc"),
            ),
            "3 bytes, but announces 9",
        ),
        (
            with(
                &[(":status", "200"), ("content-encoding", "gzip")],
                &frame(0, b"abc"),
            ),
            "compressed (gzip)",
        ),
        (with(&[(":status", "200")], &[0, 9, b'a']), "cut"),
        (
            with(&[(":status", "200"), ("Upper", "x")], &[]),
            "malformed",
        ),
        (Reply::whole(frame(4, &[])), "breaks HTTP/3"),
        (Reply::whole(Vec::new()), "no head"),
        (
            Reply {
                reset: true,
                ..ok(b"")
            },
            "cancelled the response",
        ),
        (
            Reply {
                control: vec![0, 7, 1, 0],
                ..ok(b"abc")
            },
            "SETTINGS",
        ),
        (
            Reply {
                control: vec![1, 0],
                ..ok(b"abc")
            },
            "pushes",
        ),
    ] {
        let Some(error) = failure(vec![reply]) else {
            return;
        };
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn the_certificate_is_verified() {
    let (Some(certificate), Some(other)) = (Certificate::make(), Certificate::make()) else {
        return;
    };
    for (options, is_trusted) in [
        (
            HttpOptions {
                ca_file: Some(certificate.ca()),
                ..HttpOptions::default()
            },
            true,
        ),
        (
            HttpOptions {
                insecure: true,
                ..HttpOptions::default()
            },
            true,
        ),
        (
            HttpOptions {
                ca_file: Some(other.ca()),
                ..HttpOptions::default()
            },
            false,
        ),
        (HttpOptions::default(), false),
    ] {
        let server = Server::start(&certificate, b"h3", vec![ok(b"")]);
        let cancel = CancelToken::default();
        let result = speaks_http3(&server.url("/f"), None, &options, &cancel);
        assert_eq!(result.is_ok(), is_trusted, "{options:?}: {result:?}");
        if let Err(error) = result {
            assert!(error.to_string().contains("certificate"), "{error}");
        }
    }
}

#[test]
fn a_server_of_another_protocol_over_quic_is_told() {
    let Some(certificate) = Certificate::make() else {
        return;
    };
    let server = Server::start(&certificate, b"doq", Vec::new());
    let options = HttpOptions {
        ca_file: Some(certificate.ca()),
        ..HttpOptions::default()
    };
    let error = speaks_http3(&server.url("/f"), None, &options, &CancelToken::default());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("speaks QUIC, but not HTTP/3"), "{error}");
}

#[test]
fn an_alternative_service_is_used_for_the_server_of_the_link_only() {
    let Some(certificate) = Certificate::make() else {
        return;
    };
    let server = Server::start(&certificate, b"h3", vec![ok(b"abc")]);
    let options = HttpOptions {
        ca_file: Some(certificate.ca()),
        ..HttpOptions::default()
    };
    let url: HttpUrl = "https://localhost:1/f".parse().unwrap();
    let service = Http3Service {
        host: Some("127.0.0.1".to_owned()),
        port: server.port(),
    };
    let mut file = Vec::new();
    fetch_http3(
        &url,
        Some(&service),
        &options,
        &CancelToken::default(),
        &mut file,
    )
    .unwrap();
    assert_eq!(file, b"abc");
}

/// Options with a handshake of at most a second.
fn hasty() -> HttpOptions {
    HttpOptions {
        time_limits: TimeLimits {
            connect: Duration::from_secs(1),
            silence: None,
        },
        ..HttpOptions::default()
    }
}

#[test]
fn a_closed_port_and_a_silent_one_end_after_a_bounded_wait() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let url: HttpUrl = format!("https://127.0.0.1:{port}/f").parse().unwrap();
    let speaks = || speaks_http3(&url, None, &hasty(), &CancelToken::default());
    let error = speaks().unwrap_err().to_string();
    assert!(
        error.contains("no answer") && error.contains("UDP is blocked"),
        "{error}"
    );
    drop(socket);
    let error = speaks().unwrap_err().to_string();
    // Some systems do not report a closed port.
    assert!(
        error.contains("is closed") || error.contains("no answer"),
        "{error}"
    );
    let error = fetch_http3(
        &"http://h/f".parse().unwrap(),
        None,
        &hasty(),
        &CancelToken::default(),
        &mut Vec::new(),
    );
    assert!(error.unwrap_err().to_string().contains("https://"));
}

#[test]
fn a_cancellation_ends_the_handshake_and_the_response() {
    let Some(certificate) = Certificate::make() else {
        return;
    };
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    // The head and one byte of a longer body.
    let begun = [
        head(&[(":status", "200"), ("content-length", "9")]),
        vec![0, 9, b'a'],
    ]
    .concat();
    let server = Server::start(
        &certificate,
        b"h3",
        vec![Reply {
            is_open: true,
            ..Reply::whole(begun)
        }],
    );
    let options = HttpOptions {
        ca_file: Some(certificate.ca()),
        ..HttpOptions::default()
    };
    for url in [
        format!("https://127.0.0.1:{port}/f").parse().unwrap(),
        server.url("/f"),
    ] {
        let cancel = CancelToken::default();
        let (ended, end) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let result = fetch_http3(&url, None, &options, &cancel, &mut Vec::new());
                ended.send(result).unwrap();
            });
            assert!(
                end.recv_timeout(Duration::from_millis(300)).is_err(),
                "it waits"
            );
            let begun = Instant::now();
            cancel.cancel();
            assert_eq!(end.recv().unwrap(), Err(FetchError::Stopped));
            assert!(begun.elapsed() < Duration::from_secs(4));
        });
    }
}
