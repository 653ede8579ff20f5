//! HTTP over real sockets: what RFC 9110 and RFC 9112 promise a client.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

mod common;

use std::time::{Duration, Instant, SystemTime};

use common::http::{Web, get};
use common::{Client, PATIENCE, noise, serve};
use lanes_server::{Config, LogLevel, Patience, Protocol, Server};
use lanes_shared::sample::Sample;

fn bundled() -> Server {
    Server::start(common::config(None)).unwrap()
}

fn hasty() -> Server {
    let patience = Patience {
        hello: Duration::from_secs(1),
        idle: Duration::from_secs(1),
        ..Patience::default()
    };
    Server::start(Config {
        patience,
        ..common::config(None)
    })
    .unwrap()
}

/// A folder with one file `x` of 1000 bytes, changed long ago.
fn folder() -> (tempfile::TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let bytes = noise(1000);
    std::fs::write(dir.path().join("x"), &bytes).unwrap();
    let file = std::fs::File::options()
        .write(true)
        .open(dir.path().join("x"));
    let long_ago = SystemTime::now() - Duration::from_secs(1000);
    file.unwrap().set_modified(long_ago).unwrap();
    (dir, bytes)
}

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
fn ranges_are_cut_as_asked() {
    let (dir, bytes) = folder();
    let server = serve(dir.path());
    let mut web = Web::new(server.addr());
    for (range, part) in [
        ("0-0", 0..1),
        ("0-", 0..1000),
        ("10-19", 10..20),
        ("990-2000", 990..1000),
        ("-7", 993..1000),
        ("-5000", 0..1000),
        ("0-9,10-19", 0..20),
    ] {
        let response = web.get("/x", &format!("Range: bytes={range}\r\n"));
        assert_eq!(response.status, 206, "{range}");
        let expected = format!("bytes {}-{}/1000", part.start, part.end - 1);
        assert_eq!(response.field("Content-Range"), Some(expected.as_str()));
        assert_eq!(response.body, bytes[part], "{range}");
    }
    for range in ["bytes=0-1,500-501", "bytes=5-2", "lines=1-2", "bytes=x"] {
        let response = web.get("/x", &format!("Range: {range}\r\n"));
        assert_eq!(
            (response.status, response.body == bytes),
            (200, true),
            "{range}"
        );
    }
    for range in ["1000-", "1000-1001", "-0", "2000-,3000-"] {
        let response = web.get("/x", &format!("Range: bytes={range}\r\n"));
        assert_eq!(response.status, 416, "{range}");
        assert_eq!(response.field("Content-Range"), Some("bytes */1000"));
    }
}

#[test]
fn an_empty_file_has_no_range() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("empty"), "").unwrap();
    let server = serve(dir.path());
    let mut web = Web::new(server.addr());
    let whole = web.get("/empty", "");
    assert_eq!(
        (whole.status, whole.field("Content-Length")),
        (200, Some("0"))
    );
    let part = web.get("/empty", "Range: bytes=0-\r\n");
    assert_eq!(
        (part.status, part.field("Content-Range")),
        (416, Some("bytes */0"))
    );
    assert_eq!(web.get("/empty", "Range: bytes=-5\r\n").status, 200);
}

#[test]
fn a_version_is_known_by_its_tag_and_its_date() {
    let (dir, bytes) = folder();
    let server = serve(dir.path());
    let mut web = Web::new(server.addr());
    let first = web.get("/x", "");
    let tag = first.field("ETag").unwrap().to_owned();
    let date = first.field("Last-Modified").unwrap().to_owned();
    assert!(tag.starts_with('"'), "a strong tag: {tag}");
    for (fields, status) in [
        (format!("If-None-Match: {tag}\r\n"), 304),
        (format!("If-None-Match: \"other\", {tag}\r\n"), 304),
        ("If-None-Match: \"other\"\r\n".to_owned(), 200),
        (format!("If-Modified-Since: {date}\r\n"), 304),
        (format!("If-Unmodified-Since: {date}\r\n"), 200),
        (format!("If-Match: {tag}\r\n"), 200),
        ("If-Match: \"other\"\r\n".to_owned(), 412),
        (format!("If-Match: W/{tag}\r\n"), 412),
        (format!("If-Range: {tag}\r\nRange: bytes=0-1\r\n"), 206),
        (format!("If-Range: {date}\r\nRange: bytes=0-1\r\n"), 206),
        (
            "If-Range: \"other\"\r\nRange: bytes=0-1\r\n".to_owned(),
            200,
        ),
        (
            "If-Range: \"other\"\r\nRange: bytes=5000-\r\n".to_owned(),
            200,
        ),
    ] {
        let response = web.get("/x", &fields);
        assert_eq!(response.status, status, "{fields}");
        match status {
            200 => assert!(response.body == bytes, "{fields}"),
            304 => assert_eq!(response.field("ETag"), Some(tag.as_str())),
            _ => {}
        }
    }
    std::fs::write(dir.path().join("x"), noise(1000)).unwrap();
    let changed = web.get("/x", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(changed.status, 200);
    assert_ne!(changed.field("ETag"), Some(tag.as_str()));
    let part = web.get("/x", &format!("If-Range: {tag}\r\nRange: bytes=0-1\r\n"));
    assert_eq!(part.status, 200, "a rest of another version is no rest");
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
fn what_is_not_here_or_not_done_here_is_refused_in_words_and_the_connection_stays() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    for (request, status) in [
        ("GET /missing HTTP/1.1", 404),
        ("GET /missing/ HTTP/1.1", 404),
        ("GET /a%2Fb HTTP/1.1", 404),
        ("GET /%FF HTTP/1.1", 404),
        ("POST /Data.jpg HTTP/1.1", 405),
        ("OPTIONS * HTTP/1.1", 405),
        ("DELETE /Data.jpg HTTP/1.1", 405),
        ("CONNECT x:443 HTTP/1.1", 405),
        ("BREW /Data.jpg HTTP/1.1", 501),
        ("GET * HTTP/1.1", 400),
    ] {
        web.say(format!("{request}\r\nHost: x\r\n\r\n"));
        let response = web.hear();
        assert_eq!(response.status, status, "{request}");
        assert!(
            response.text().contains(' '),
            "in words: {}",
            response.text()
        );
        assert_eq!(
            response.field("Allow"),
            (status == 405).then_some("GET, HEAD")
        );
        assert_eq!(response.field("Connection"), None, "{request}");
    }
    assert_eq!(web.get("/Data-50KB.jpg", "").status, 200);
}

#[test]
fn what_cannot_be_read_ends_the_connection_in_words() {
    let server = bundled();
    let host = "Host: x\r\n";
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\n{host}{host}\r\n"), 400),
        (format!("GET  / HTTP/1.1\r\n{host}\r\n"), 400),
        (format!("GET /%zz HTTP/1.1\r\n{host}\r\n"), 400),
        (format!("GET Data.jpg HTTP/1.1\r\n{host}\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{host}a b: c\r\n\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{host}a : c\r\n\r\n"), 400),
        (
            format!("GET / HTTP/1.1\r\n{host}a: b\r\n folded\r\n\r\n"),
            400,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Content-Length: x\r\n\r\n"),
            400,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Content-Length: 3\r\nContent-Length: 4\r\n\r\n"),
            400,
        ),
        ("GET /\r\n\r\n".to_owned(), 400),
        ("\x01\x02\x03".to_owned(), 400),
        ("\x16\x03\x01\x02".to_owned(), 400),
        (
            format!("GET /{} HTTP/1.1\r\n{host}\r\n", "a".repeat(9000)),
            414,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}a: {}\r\n\r\n", "a".repeat(40_000)),
            431,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}{}\r\n", "a: b\r\n".repeat(101)),
            431,
        ),
        (format!("GET / HTTP/2.0\r\n{host}\r\n"), 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 505),
        (
            format!("GET / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            411,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Transfer-Encoding: gzip\r\n\r\n"),
            501,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Expect: wonders\r\n\r\n"),
            417,
        ),
    ] {
        let mut web = Web::new(server.addr());
        // The server may have closed before the last byte is out.
        let _ = std::io::Write::write_all(&mut web.socket, request.as_bytes());
        let response = web.hear();
        let start: String = request.chars().take(60).collect();
        assert_eq!(response.status, status, "{start}");
        assert_eq!(response.field("Connection"), Some("close"), "{start}");
        assert!(
            response.text().contains(' '),
            "in words: {}",
            response.text()
        );
        web.ends();
    }
}

#[test]
fn bodies_are_passed_over_in_bounds() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    web.say("GET /Data-50KB.jpg HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(web.hear().status, 200);
    web.say("POST /Data-50KB.jpg HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(web.hear().status, 405);
    // What looks like a request inside a body is none.
    let inner = "GET /inner HTTP/1.1\r\nHost: x\r\n\r\n";
    web.say(format!(
        "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{inner}",
        inner.len()
    ));
    assert_eq!(web.hear().status, 405);
    assert_eq!(web.get("/Data-50KB.jpg", "").status, 200);

    for (method, status) in [("GET", 413), ("POST", 405)] {
        let mut web = Web::new(server.addr());
        web.say(format!(
            "{method} /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
        ));
        let response = web.hear();
        assert_eq!(
            (response.status, response.field("Connection")),
            (status, Some("close"))
        );
        web.ends();
    }
}

#[test]
fn who_waits_to_send_a_body_is_answered_without_it() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    web.say("GET /Data-50KB.jpg HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    let response = web.hear();
    assert_eq!(
        (response.status, response.field("Connection")),
        (200, Some("close"))
    );
    web.ends();
}

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
fn names_are_decoded_and_lead_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    std::fs::create_dir_all(root.join("fol der")).unwrap();
    std::fs::write(dir.path().join("secret"), "secret").unwrap();
    std::fs::write(root.join("fol der/ä%.txt"), "here").unwrap();
    std::fs::write(root.join(".hidden"), "hidden").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path().join("secret"), root.join("out")).unwrap();
        std::os::unix::fs::symlink(dir.path(), root.join("out-folder")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", root.join("device")).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(root.join("fifo"))
            .status();
        assert!(made.unwrap().success());
    }
    let server = serve(&root);
    let mut web = Web::new(server.addr());
    let found = web.get("/fol%20der/%C3%A4%25.txt?query", "");
    assert_eq!((found.status, found.text().as_str()), (200, "here"));
    assert_eq!(found.field("Content-Type"), Some("text/plain"));
    let absolute = dir.path().join("secret");
    let absolute = absolute.to_str().unwrap();
    for target in [
        "/../secret",
        "/%2e%2e/secret",
        "/..%2Fsecret",
        "/fol%20der/../../secret",
        "/fol%20der/%2E%2E/%2E%2E/secret",
        "//etc/passwd",
        "/%2Fetc/passwd",
        "/.hidden",
        "/%2Ehidden",
        "/x%00",
        "/fol%20der%5C..%5C..%5Csecret",
        "/out",
        "/out-folder",
        "/out-folder/",
        "/out-folder/secret",
        "/device",
        "/fifo",
        &format!("/{absolute}"),
        &format!("http://x{absolute}"),
    ] {
        let response = web.get(target, "");
        assert_eq!(response.status, 404, "{target}: {}", response.text());
    }
}

#[test]
fn a_folder_is_a_page_and_leads_to_its_files() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("a b/inner")).unwrap();
    std::fs::write(dir.path().join("a b/<x>&'.txt"), "x").unwrap();
    let server = serve(dir.path());
    let mut web = Web::new(server.addr());
    let root = web.get("/", "");
    assert_eq!(root.field("Content-Type"), Some("text/html; charset=utf-8"));
    assert!(root.text().contains("href=\"./a%20b/\""), "{}", root.text());
    assert!(root.text().contains("sample-1GiB.bin"));
    let moved = web.get("/a%20b", "");
    assert_eq!(
        (moved.status, moved.field("Location")),
        (301, Some("/a%20b/"))
    );
    let page = web.get("/a%20b/", "");
    let link = "href=\"./%3Cx%3E%26%27.txt\">&lt;x&gt;&amp;&#39;.txt</a>";
    assert!(page.text().contains(link), "{}", page.text());
    assert_eq!(web.get("/a%20b/%3Cx%3E%26%27.txt", "").text(), "x");
    let head = web.head("/a%20b/", "");
    assert_eq!(head.field("Content-Length"), page.field("Content-Length"));
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
    let find = |part: &str| lines.iter().find(|line| line.words.contains(part)).unwrap();
    let part = find("206");
    assert_eq!(part.level, LogLevel::Info);
    assert!(part.words.contains("sample-1KiB.bin"), "{}", part.words);
    assert_eq!(find("404").level, LogLevel::Notice);
}
