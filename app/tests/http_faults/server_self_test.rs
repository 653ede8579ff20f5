//! Tests of [`FaultServer`] itself, over a plain socket.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread::scope;
use std::time::{Duration, Instant};

use super::content::{self, FIRST};
use super::fault_server::FaultServer;
use super::scenario::{Action, End, EndlessHead, LEN, RATE, Scenario, When};

/// Everything received until the connection ended.
struct Received {
    head: String,
    body: Vec<u8>,
    /// True if the connection ended with a reset.
    reset: bool,
}

fn get(server: &FaultServer, path: &str, range: &str) -> Received {
    send(server, "GET", path, range)
}

fn send(server: &FaultServer, method: &str, path: &str, range: &str) -> Received {
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
    Received {
        head: String::from_utf8_lossy(&all).into_owned(),
        body,
        reset,
    }
}

fn serve(scenario: Scenario) -> FaultServer {
    FaultServer::start(scenario.rate(1 << 30))
}

#[test]
fn a_correct_response_has_the_requested_range() {
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
        let received = get(&server, "/file.bin", range);
        assert!(
            received.head.starts_with(&format!("HTTP/1.1 {status}")),
            "{range}: {}",
            received.head
        );
        assert!(
            received
                .head
                .contains(&format!("Content-Length: {len}\r\n")),
            "{range}: {}",
            received.head
        );
        let shown = format!("Content-Range: bytes {first}-{}/{LEN}\r\n", first + len - 1);
        assert_eq!(
            received.head.contains(&shown),
            !range.is_empty(),
            "{range}: {}",
            received.head
        );
        assert!(
            received.body == content::bytes(FIRST, first, len as usize),
            "{range}"
        );
    }
    let received = get(&server, "/file.bin", "99999999-");
    assert!(
        received.head.starts_with("HTTP/1.1 416")
            && received.head.contains(&format!("bytes */{LEN}")),
        "{}",
        received.head
    );
    let received = send(&server, "HEAD", "/file.bin", "");
    assert!(
        received
            .head
            .contains(&format!("Content-Length: {LEN}\r\n"))
            && received.body.is_empty()
    );
}

#[test]
fn actions_change_the_range_and_the_version_of_the_file() {
    for (action, range, shown, bytes) in [
        (
            Action::ShiftRange(1),
            "10-19",
            "bytes 11-20",
            content::bytes(FIRST, 11, 10),
        ),
        (
            Action::ShiftBody(1),
            "10-19",
            "bytes 10-19",
            content::bytes(FIRST, 11, 10),
        ),
        (
            Action::HalveRange,
            "10-19",
            "bytes 10-14",
            content::bytes(FIRST, 10, 5),
        ),
        (
            Action::ShiftRange(i64::MIN),
            "10-19",
            "bytes 0-9",
            content::bytes(FIRST, 0, 10),
        ),
        (
            Action::OtherVersion { seed: 2, longer: 5 },
            "10-19",
            &format!("bytes 10-19/{}", LEN + 5),
            content::bytes(2, 10, 10),
        ),
    ] {
        let received = get(
            &serve(Scenario::new("x").always([action])),
            "/file.bin",
            range,
        );
        assert!(
            received.head.contains(&format!("Content-Range: {shown}")),
            "{action:?}: {}",
            received.head
        );
        assert!(received.body == bytes, "{action:?}");
    }
}

#[test]
fn rules_apply_only_to_matching_requests() {
    let server = serve(
        Scenario::new("x")
            .when(When::EveryNthGet(3), [Action::Status(503)])
            .when(When::NthGet(1), [Action::Status(500)]),
    );
    let status = |range| get(&server, "/file.bin", range).head[9..12].to_owned();
    assert_eq!(
        ["", "1-", "", "", "", ""].map(status),
        ["200", "500", "503", "200", "200", "503"]
    );
    assert_eq!(
        server
            .requests()
            .iter()
            .filter(|logged| logged.hit_fault)
            .count(),
        1,
        "only the last rule counts as the fault"
    );
    let server = serve(Scenario::new("x").when(When::NonInitialRange, [Action::IgnoreRange]));
    let status = |range| get(&server, "/file.bin", range).head[9..12].to_owned();
    assert_eq!(
        ["0-", "1-", "0-5", ""].map(status),
        ["206", "200", "206", "200"]
    );
}

#[test]
fn responses_in_flight_are_counted() {
    let server = FaultServer::start(
        Scenario::new("x")
            .rate(LEN)
            .when(When::InFlightAbove(2), [Action::Status(503)]),
    );
    let heads = scope(|scope| {
        let clients = [0, 1, 2].map(|_| scope.spawn(|| get(&server, "/file.bin", "").head));
        clients.map(|client| client.join().unwrap())
    });
    assert_eq!(
        heads.iter().filter(|head| head.contains(" 503 ")).count(),
        1,
        "{heads:?}"
    );
    assert!(
        get(&server, "/file.bin", "").head.contains(" 200 "),
        "no response is in flight any more"
    );
}

#[test]
fn truncated_responses_end_with_close_or_reset() {
    let cut = |end| {
        get(
            &serve(Scenario::new("x").always([Action::CutBody(50_000, end)])),
            "/file.bin",
            "",
        )
    };
    let received = cut(End::Close);
    assert!(received.body == content::bytes(FIRST, 0, 50_000) && !received.reset);
    let received = cut(End::Reset);
    assert!(received.body.len() <= 50_000 && received.reset);
    let received = get(
        &serve(Scenario::new("x").always([Action::CutHead(0, End::Close)])),
        "/file.bin",
        "",
    );
    assert_eq!(
        (received.head.as_str(), received.body.len(), received.reset),
        ("", 0, false)
    );
}

#[test]
fn a_stall_lasts_until_the_server_is_dropped() {
    let server = serve(Scenario::new("x").always([Action::CutBody(50_000, End::Stall)]));
    scope(|scope| {
        let client = scope.spawn(|| get(&server, "/file.bin", "").body);
        assert!(server.wait_until_sent(50_000, Duration::from_secs(60)));
        assert!(!client.is_finished());
        server.stop();
        assert!(client.join().unwrap() == content::bytes(FIRST, 0, 50_000));
    });
}

#[test]
fn the_rate_is_limited_and_an_endless_head_exceeds_4_mib() {
    let began = Instant::now();
    let server = FaultServer::start(Scenario::new("x").rate(RATE).len(RATE / 2));
    assert_eq!(get(&server, "/file.bin", "").body.len() as u64, RATE / 2);
    assert!(
        began.elapsed() > Duration::from_millis(400),
        "{:?}",
        began.elapsed()
    );
    let server = serve(Scenario::new("x").always([Action::EndlessHead(EndlessHead::Fields)]));
    let mut stream = TcpStream::connect(server.url("").trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut head = vec![0; 4 << 20];
    stream.read_exact(&mut head).unwrap();
    assert!(!head.windows(4).any(|four| four == b"\r\n\r\n"));
}

#[test]
fn digests_and_gzip_match_other_implementations() {
    // Verified with `printf '' | openssl dgst -sha256 -binary | base64` and with `gzip -d`.
    assert!(
        content::repr_digest(FIRST, 0).contains("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    );
    let zipped = content::gzip(b"123456789");
    assert_eq!(
        zipped[zipped.len() - 8..][..4],
        0xcbf4_3926_u32.to_le_bytes(),
        "check value of CRC-32"
    );
}

#[test]
fn a_byte_is_flipped_until_the_given_number_of_bytes_was_sent() {
    let server = serve(Scenario::new("x").when(When::UntilSent(50), [Action::FlipByte(30)]));
    let correct = content::bytes(FIRST, 0, 50);
    let mut wrong = correct.clone();
    wrong[30] = !wrong[30];
    assert_eq!(get(&server, "/file.bin", "0-29").body, correct[..30]);
    assert_eq!(get(&server, "/file.bin", "20-49").body, wrong[20..]);
    assert_eq!(get(&server, "/file.bin", "20-49").body, correct[20..]);
}
