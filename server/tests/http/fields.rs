//! What an answer says of a file, and what the log says of the answer.

use std::time::Instant;

use lanes_server::{LogLevel, Protocol};

use super::bundled;
use super::common::http::{Web, get};
use super::common::{Client, PATIENCE};

#[test]
fn one_port_speaks_both_protocols() {
    let server = bundled();
    let response = get(server.addr(), "/Data.jpg", "");
    assert_eq!(response.status, 200);
    assert_eq!(response.field("Content-Type"), Some("image/jpeg"));
    assert_eq!(response.field("Accept-Ranges"), Some("bytes"));
    assert!(response.field("Date").is_some() && response.field("ETag").is_some());
    let lanes = Client::new(server.addr()).open("Data.jpg", 1024);
    assert_eq!(response.body.len() as u64, lanes.len);
    let mut web = Web::new(server.addr());
    web.get("/sample-1KiB.bin", "");
    // A byte may be here before it is counted.
    let deadline = Instant::now() + PATIENCE;
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
fn head_says_the_same_and_sends_nothing() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    let full = web.get("/Data.jpg", "");
    let head = web.head("/Data.jpg", "Range: bytes=0-1\r\n");
    assert_eq!(head.status, 200, "only GET knows ranges");
    for name in ["Content-Length", "ETag", "Content-Type", "Accept-Ranges"] {
        assert_eq!(head.field(name), full.field(name), "{name}");
    }
    let missing = web.head("/missing", "");
    assert_eq!(missing.status, 404);
    // Had a body followed, this would not be heard.
    assert_eq!(web.get("/Data-50KB.jpg", "").status, 200);
}

#[test]
fn the_digest_is_told_to_who_wants_it_once_it_is_known() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    assert_eq!(web.head("/Data.jpg", "").field("Repr-Digest"), None);
    let deadline = Instant::now() + PATIENCE;
    let want = "Want-Repr-Digest: sha-256=10\r\n";
    let digest = loop {
        assert!(Instant::now() < deadline);
        // It is computed as long as somebody who wants it is being sent the file.
        let response = web.get("/Data.jpg", want);
        if let Some(digest) = response.field("Repr-Digest") {
            break digest.to_owned();
        }
    };
    let bytes = web.get("/Data.jpg", "").body;
    let sum: [u8; 32] = sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        &bytes,
    ))
    .into();
    let text = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, sum);
    assert_eq!(digest, format!("sha-256=:{text}:"));
    let part = web.get("/Data.jpg", "Range: bytes=0-1\r\n");
    assert_eq!(
        part.field("Repr-Digest"),
        Some(digest.as_str()),
        "it is that of the whole"
    );
}

#[test]
fn the_log_says_what_was_answered() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    web.get("/sample-1KiB.bin", "Range: bytes=0-9\r\n");
    web.get("/missing", "");
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
