use proptest::prelude::*;

use super::*;

fn normalized(head: &str) -> String {
    String::from_utf8_lossy(&normalize(head.as_bytes())).into_owned()
}

/// Returns the fields of a normalized head, separated by `|`.
fn fields(fields: &[u8]) -> String {
    let head = [b"HTTP/1.1 200 OK\r\n", fields, b"\r\n\r\n"].concat();
    let normalized = normalize(&head).into_owned();
    let text: String = normalized.iter().map(|byte| char::from(*byte)).collect();
    let fields = text.strip_prefix("HTTP/1.1 200 OK\r\n").unwrap();
    fields.trim_end().replace("\r\n", "|")
}

fn parses(head: &[u8]) -> bool {
    let mut fields = [httparse::EMPTY_HEADER; 128];
    let mut response = httparse::Response::new(&mut fields);
    matches!(response.parse(head), Ok(httparse::Status::Complete(_)))
}

#[test]
fn strict_heads_pass_unchanged() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 404\r\n\r\n",
        "HTTP/1.1 200 \r\nA:b\r\n\r\n",
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nX-Empty:\r\nX: a\tb  c \r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: na\u{ef}ve\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    ] {
        assert!(
            matches!(normalize(head.as_bytes()), Cow::Borrowed(_)),
            "{head:?}"
        );
    }
}

#[test]
fn real_heads_become_strict() {
    for (head, strict) in [
        (
            "HTTP/1.1 200 OK\nA: b\n\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
        ),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"),
        (
            "http/1.1  200\tFine\u{1} \r\r\nA: b\r\r\n\r\r\n",
            "HTTP/1.1 200 Fine\r\nA: b\r\n\r\n",
        ),
        (
            "HTTP/1.1 302 F\r\nLocation: /x\r\n",
            "HTTP/1.1 302 F\r\nLocation: /x\r\n\r\n",
        ),
        (
            "HTTP/1.1 200 OK\r\n  A: b\r\nC: d\r\n\r\n",
            "HTTP/1.1 200 OK\r\nC: d\r\n\r\n",
        ),
    ] {
        assert_eq!(normalized(head), strict, "{head:?}");
    }
}

#[test]
fn chunks_of_http_1_0_are_read_as_such() {
    let head = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let strict = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(normalized(head), strict);
}

#[test]
fn fields_are_unfolded_trimmed_or_dropped() {
    for (given, strict) in [
        (&b"A: b\r\n  c\r\n\td\r\nE: f"[..], "A: b c d|E: f"),
        (b"Content-Length:\r\n 500", "Content-Length: 500"),
        (b"A:\r\n b\r\n \r\nC: d", "A: b|C: d"),
        (b"Content-Length : 5\r\nA\t: b", "Content-Length: 5|A: b"),
        (b"X: a\0b\r\nA: b", "A: b"),
        (b"X: a\x1b[1m\r\n folded\r\nA: b", "A: b"),
        (b"X: a\rb\r\nA: b", "A: b"),
        (
            b"X Odd: x\r\n folded\r\nno colon\r\n: no name\r\nA: b",
            "A: b",
        ),
        (b"X\xe9: x\r\nA: b", "A: b"),
        (
            b"Location: /caf\xc3\xa9 \xe9\x01\r\nA: b",
            "Location: /caf%C3%A9 %E9%01|A: b",
        ),
        (
            b"Content-Disposition: a; filename=\xe9\nA: b",
            "Content-Disposition: a; filename=\u{e9}|A: b",
        ),
    ] {
        assert_eq!(
            fields(given),
            strict,
            "{:?}",
            String::from_utf8_lossy(given)
        );
    }
}

#[test]
fn malformed_framing_is_left_to_the_strict_parser() {
    for field in [
        &b"Transfer-Encoding: chun\0ked"[..],
        b"Transfer-Encoding\x0b: chunked",
        b"Transfer-\0Encoding: chunked",
        b"Content-Length: 5\x01",
        b"Content-Length\0: 5",
        b"Content-Length",
        b"\"Content-Encoding: gzip",
        b" Transfer-Encoding: chunked",
        b"\x7fTransfer-Encoding: chunked",
    ] {
        let head = [b"HTTP/1.1 200 OK\r\n", field, b"\r\n\r\n"].concat();
        assert!(
            !parses(&normalize(&head)),
            "{:?}",
            String::from_utf8_lossy(field)
        );
    }
    let two = fields(b"Content-Length: 5\r\nContent-Length: 6\r\nTransfer-Encoding : chunked");
    assert_eq!(
        two,
        "Content-Length: 5|Content-Length: 6|Transfer-Encoding: chunked"
    );
}

#[test]
fn of_very_many_fields_those_stay_that_are_read() {
    let many: String = (0..300).map(|i| format!("X-{i}: {i}\r\n")).collect();
    let head = format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 5\r\nETag: \"a\"\r\n\r\n");
    let strict = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n";
    assert_eq!(normalized(&head), strict);
    let cookies = "Set-Cookie: a=b\r\n".repeat(300);
    let head = format!("HTTP/1.1 200 OK\r\n{cookies}Content-Length: 5\r\n\r\n");
    assert!(parses(&normalize(head.as_bytes())) && normalized(&head).contains("Content-Length"));
    let long = "x".repeat(70_000);
    let head = format!("HTTP/1.1 200 OK\r\nX: {long}\r\nETag: \"a\"\r\n\r\n");
    assert_eq!(normalized(&head), "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n\r\n");
}

#[test]
fn a_protected_name_behind_a_dropped_line_stays_malformed() {
    for before in ["", "\0Content-Length\r\n", "a: b\r\n"] {
        for dropped in [":\r\n", "\r \r\n"] {
            for fold in [" Content-Length", "\tTransfer-Encoding: chunked"] {
                let head = format!("HTTP/1.1 200 OK\r\n{before}{dropped}{fold}\r\n\r\n");
                let strict = normalize(head.as_bytes()).into_owned();
                assert!(!parses(&strict), "{head:?}");
                assert_eq!(&*normalize(&strict), &strict[..], "{head:?}");
            }
        }
    }
}

#[test]
fn a_bare_cr_is_a_space_at_the_end_of_a_text() {
    for (head, strict) in [
        ("HTTP/1.1 200\r \r\n\r\n", "HTTP/1.1 200\r\n\r\n"),
        ("HTTP/1.1 200 OK \r\t\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"),
        ("HTTP/1.1 200 OK  \u{1}\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r \r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n \r \r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        ),
    ] {
        assert_eq!(normalized(head), strict);
    }
    // Inside a text it stays, for the strict parser to reject.
    let inside = normalize(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r 6\r\n\r\n").into_owned();
    assert!(!parses(&inside));
}

/// Pieces of heads that meet all rules.
const PIECES: [&str; 22] = [
    "HTTP/1.1 200 OK",
    "\r\n",
    "\r\n",
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    ": ",
    "a",
    "Content-Length",
    "Transfer-Encoding",
    "Location",
    "chunked",
    "5",
    "\0",
    "\u{7f}",
    "\u{e9}",
    "\"",
    "Set-Cookie",
    "=",
];

proptest! {
    #[test]
    fn a_strict_head_is_never_changed(
        names in proptest::collection::vec("[A-Za-z0-9-]{1,12}", 0..20),
        value in "[!-~]([ -~]{0,20}[!-~])?",
    ) {
        let fields: String = names.iter().map(|name| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 206 Partial Content\r\n{fields}\r\n");
        prop_assert_eq!(normalized(&head), head);
    }

    #[test]
    fn any_head_is_normalized_once_and_then_stays(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..40),
        noise in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let text = format!("HTTP/1.1 200 OK\r\n{}\r\n\r\n", pieces.concat());
        for head in [text.into_bytes(), [&b"HTTP/1.1 200 OK\r\n"[..], &noise, b"\r\n\r\n"].concat(), noise] {
            let strict = normalize(&head).into_owned();
            prop_assert!(strict.len() <= 3 * head.len() + 40);
            prop_assert_eq!(&*normalize(&strict), &strict[..]);
        }
    }
}
