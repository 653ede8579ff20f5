//! Metadata of files in responses, and of responses in the log.

use std::time::Instant;

use lanes_server::{LogLevel, Protocol};

use super::bundled;
use super::common::http::{HttpClient, get};
use super::common::{Client, TIMEOUT};

#[test]
fn one_port_serves_both_protocols() {
    let server = bundled();
    let response = get(server.addr(), "/Data.jpg", "");
    assert_eq!(response.status, 200);
    assert_eq!(response.field("Content-Type"), Some("image/jpeg"));
    assert_eq!(response.field("Accept-Ranges"), Some("bytes"));
    assert!(response.field("Date").is_some() && response.field("ETag").is_some());
    let lanes = Client::new(server.addr()).open("Data.jpg", 1024);
    assert_eq!(response.body.len() as u64, lanes.len);
    let mut http = HttpClient::new(server.addr());
    http.get("/sample-1KiB.bin", "");
    // The client may receive bytes before the server counts them.
    let deadline = Instant::now() + TIMEOUT;
    let peer = loop {
        let peer = server.stats().peers.pop().unwrap();
        if peer.sent_bytes == 1024 {
            break peer;
        }
        assert!(Instant::now() < deadline, "{peer:?}");
    };
    assert_eq!(peer.protocol, Some(Protocol::Http));
    assert_eq!(peer.file, "sample-1KiB.bin");
}

#[test]
fn head_has_the_fields_of_get_and_no_body() {
    let server = bundled();
    let mut http = HttpClient::new(server.addr());
    let full = http.get("/Data.jpg", "");
    let head = http.head("/Data.jpg", "Range: bytes=0-1\r\n");
    assert_eq!(head.status, 200, "ranges are defined for GET only");
    for name in ["Content-Length", "ETag", "Content-Type", "Accept-Ranges"] {
        assert_eq!(head.field(name), full.field(name), "{name}");
    }
    let missing = http.head("/missing", "");
    assert_eq!(missing.status, 404);
    // Fails if a body followed the 404.
    assert_eq!(http.get("/Data-50KB.jpg", "").status, 200);
}

#[test]
fn repr_digest_is_sent_once_it_is_known() {
    let server = bundled();
    let mut http = HttpClient::new(server.addr());
    assert_eq!(http.head("/Data.jpg", "").field("Repr-Digest"), None);
    let deadline = Instant::now() + TIMEOUT;
    let want = "Want-Repr-Digest: sha-256=10\r\n";
    let digest = loop {
        assert!(Instant::now() < deadline);
        // The digest is computed only while a transfer wants it.
        let response = http.get("/Data.jpg", want);
        if let Some(digest) = response.field("Repr-Digest") {
            break digest.to_owned();
        }
    };
    let bytes = http.get("/Data.jpg", "").body;
    let sum: [u8; 32] = sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        &bytes,
    ))
    .into();
    let text = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, sum);
    assert_eq!(digest, format!("sha-256=:{text}:"));
    let part = http.get("/Data.jpg", "Range: bytes=0-1\r\n");
    assert_eq!(
        part.field("Repr-Digest"),
        Some(digest.as_str()),
        "the digest is that of the whole file"
    );
}

#[test]
fn the_log_has_a_line_per_response() {
    let server = bundled();
    let mut http = HttpClient::new(server.addr());
    http.get("/sample-1KiB.bin", "Range: bytes=0-9\r\n");
    http.get("/missing", "");
    let lines = server.log(0);
    let find = |part: &str| {
        lines
            .iter()
            .find(|line| line.message.contains(part))
            .unwrap()
    };
    let part = find("206");
    assert_eq!(part.level, LogLevel::Info);
    assert!(part.message.contains("sample-1KiB.bin"), "{}", part.message);
    assert_eq!(find("404").level, LogLevel::Notice);
}
