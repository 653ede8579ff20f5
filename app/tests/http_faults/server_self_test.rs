//! The server does what its scenarios say: tried with a bare socket.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread::scope;
use std::time::{Duration, Instant};

use super::content::{self, FIRST};
use super::fault_server::FaultServer;
use super::scenario::{Act, End, Endless, LEN, RATE, Scenario, When};

/// What came before the connection ended, and whether it ended well.
struct Got {
    head: String,
    body: Vec<u8>,
    reset: bool,
}

fn ask(server: &FaultServer, path: &str, range: &str) -> Got {
    ask_by(server, "GET", path, range)
}

fn ask_by(server: &FaultServer, method: &str, path: &str, range: &str) -> Got {
    let url = server.url("");
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let range = if range.is_empty() {
        String::new()
    } else {
        format!("Range: bytes={range}\r\n")
    };
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{range}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut all = Vec::new();
    let end = stream.read_to_end(&mut all);
    let reset = end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset);
    let split = all
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or(all.len(), |at| at + 4);
    let body = all.split_off(split);
    Got {
        head: String::from_utf8_lossy(&all).into_owned(),
        body,
        reset,
    }
}

fn serve(scenario: Scenario) -> FaultServer {
    FaultServer::start(scenario.rate(1 << 30))
}

#[test]
fn an_honest_answer_has_the_range_that_was_asked_for() {
    let server = serve(Scenario::new("x"));
    for (range, first, len, status) in [
        ("", 0, LEN, "200 OK"),
        ("0-", 0, LEN, "206 Partial"),
        ("7-7", 7, 1, "206 Partial"),
        ("100000-299999", 100_000, 200_000, "206 Partial"),
        (
            "2000000-99999999",
            2_000_000,
            LEN - 2_000_000,
            "206 Partial",
        ),
    ] {
        let got = ask(&server, "/file.bin", range);
        assert!(
            got.head.starts_with(&format!("HTTP/1.1 {status}")),
            "{range}: {}",
            got.head
        );
        assert!(
            got.head.contains(&format!("Content-Length: {len}\r\n")),
            "{range}: {}",
            got.head
        );
        let shown = format!("Content-Range: bytes {first}-{}/{LEN}\r\n", first + len - 1);
        assert_eq!(
            got.head.contains(&shown),
            !range.is_empty(),
            "{range}: {}",
            got.head
        );
        assert!(
            got.body == content::bytes(FIRST, first, len as usize),
            "{range}"
        );
    }
    let got = ask(&server, "/file.bin", "99999999-");
    assert!(
        got.head.starts_with("HTTP/1.1 416") && got.head.contains(&format!("bytes */{LEN}")),
        "{}",
        got.head
    );
    let got = ask_by(&server, "HEAD", "/file.bin", "");
    assert!(got.head.contains(&format!("Content-Length: {LEN}\r\n")) && got.body.is_empty());
}

#[test]
fn wrong_ranges_and_versions_are_wrong_as_they_say() {
    for (act, range, shown, bytes) in [
        (
            Act::Shift(1),
            "10-19",
            "bytes 11-20",
            content::bytes(FIRST, 11, 10),
        ),
        (
            Act::ShiftSecretly(1),
            "10-19",
            "bytes 10-19",
            content::bytes(FIRST, 11, 10),
        ),
        (
            Act::Half,
            "10-19",
            "bytes 10-14",
            content::bytes(FIRST, 10, 5),
        ),
        (
            Act::Shift(i64::MIN),
            "10-19",
            "bytes 0-9",
            content::bytes(FIRST, 0, 10),
        ),
        (
            Act::Version { seed: 2, longer: 5 },
            "10-19",
            &format!("bytes 10-19/{}", LEN + 5),
            content::bytes(2, 10, 10),
        ),
    ] {
        let got = ask(&serve(Scenario::new("x").always([act])), "/file.bin", range);
        assert!(
            got.head.contains(&format!("Content-Range: {shown}")),
            "{act:?}: {}",
            got.head
        );
        assert!(got.body == bytes, "{act:?}");
    }
}

#[test]
fn rules_pick_their_requests() {
    let server = serve(
        Scenario::new("x")
            .when(When::Every(3), [Act::Status(503)])
            .when(When::Number(1), [Act::Status(500)]),
    );
    let status = |range| ask(&server, "/file.bin", range).head[9..12].to_owned();
    assert_eq!(
        ["", "1-", "", "", "", ""].map(status),
        ["200", "500", "503", "200", "200", "503"]
    );
    assert_eq!(
        server.seen().iter().filter(|seen| seen.met).count(),
        1,
        "the last rule is the fault"
    );
    let server = serve(Scenario::new("x").when(When::FromMiddle, [Act::Whole]));
    let status = |range| ask(&server, "/file.bin", range).head[9..12].to_owned();
    assert_eq!(
        ["0-", "1-", "0-5", ""].map(status),
        ["206", "200", "206", "200"]
    );
}

#[test]
fn answers_under_way_are_counted() {
    let server = FaultServer::start(
        Scenario::new("x")
            .rate(LEN)
            .when(When::Beyond(2), [Act::Status(503)]),
    );
    let heads = scope(|scope| {
        let asking = [0, 1, 2].map(|_| scope.spawn(|| ask(&server, "/file.bin", "").head));
        asking.map(|asking| asking.join().unwrap())
    });
    assert_eq!(
        heads.iter().filter(|head| head.contains(" 503 ")).count(),
        1,
        "{heads:?}"
    );
    assert!(
        ask(&server, "/file.bin", "").head.contains(" 200 "),
        "they are done now"
    );
}

#[test]
fn answers_end_as_they_should() {
    let cut = |end| {
        ask(
            &serve(Scenario::new("x").always([Act::Cut(50_000, end)])),
            "/file.bin",
            "",
        )
    };
    let got = cut(End::Close);
    assert!(got.body == content::bytes(FIRST, 0, 50_000) && !got.reset);
    let got = cut(End::Reset);
    assert!(got.body.len() <= 50_000 && got.reset);
    let got = ask(
        &serve(Scenario::new("x").always([Act::CutHead(0, End::Close)])),
        "/file.bin",
        "",
    );
    assert_eq!(
        (got.head.as_str(), got.body.len(), got.reset),
        ("", 0, false)
    );
}

#[test]
fn a_stall_lasts_until_the_server_is_dropped() {
    let server = serve(Scenario::new("x").always([Act::Cut(50_000, End::Stall)]));
    scope(|scope| {
        let asking = scope.spawn(|| ask(&server, "/file.bin", "").body);
        assert!(server.wait_until_sent(50_000, Duration::from_secs(60)));
        assert!(!asking.is_finished());
        server.stop();
        assert!(asking.join().unwrap() == content::bytes(FIRST, 0, 50_000));
    });
}

#[test]
fn a_rate_is_kept_and_an_endless_head_does_not_end() {
    let began = Instant::now();
    let server = FaultServer::start(Scenario::new("x").rate(RATE).len(RATE / 2));
    assert_eq!(ask(&server, "/file.bin", "").body.len() as u64, RATE / 2);
    assert!(
        began.elapsed() > Duration::from_millis(400),
        "{:?}",
        began.elapsed()
    );
    let server = serve(Scenario::new("x").always([Act::Endless(Endless::Lines)]));
    let mut stream = TcpStream::connect(server.url("").trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut head = vec![0; 4 << 20];
    stream.read_exact(&mut head).unwrap();
    assert!(!head.windows(4).any(|four| four == b"\r\n\r\n"));
}

#[test]
fn digests_and_gzip_are_what_others_make_of_them() {
    // `printf … | openssl dgst -sha256 -binary | base64` and `gzip -d` agree.
    assert!(
        content::repr_digest(FIRST, 0).contains("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    );
    let zipped = content::gzip(b"123456789");
    assert_eq!(
        zipped[zipped.len() - 8..][..4],
        0xcbf4_3926_u32.to_le_bytes(),
        "CRC-32's check value"
    );
}

#[test]
fn a_byte_is_flipped_until_enough_was_sent() {
    let server = serve(Scenario::new("x").when(When::Until(50), [Act::Flip(30)]));
    let right = content::bytes(FIRST, 0, 50);
    let mut wrong = right.clone();
    wrong[30] = !wrong[30];
    assert_eq!(ask(&server, "/file.bin", "0-29").body, right[..30]);
    assert_eq!(ask(&server, "/file.bin", "20-49").body, wrong[20..]);
    assert_eq!(ask(&server, "/file.bin", "20-49").body, right[20..]);
}
