use super::*;
use proptest::prelude::*;

fn parse(head: &str) -> Result<Request, InvalidRequest> {
    let bytes = head.as_bytes();
    let len = head_len(bytes, 0)?.expect("the head is complete");
    assert_eq!(len, bytes.len(), "{head:?}");
    Request::parse(bytes)
}

fn with(fields: &str) -> Result<Request, InvalidRequest> {
    parse(&format!("GET /x HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
}

fn status(result: Result<Request, InvalidRequest>) -> u16 {
    let error = result.expect_err("the request is invalid");
    let message = error.to_string();
    assert!(message.contains(' '), "not a phrase: {message}");
    error.status().code()
}

#[test]
fn the_end_of_a_head_is_found_in_any_split() {
    for head in [
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.0\n\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\n\r\n",
    ] {
        let next = format!("{head}GET /next HTTP/1.1\r\n\r\n");
        assert_eq!(
            head_len(next.as_bytes(), 0),
            Ok(Some(head.len())),
            "{head:?}"
        );
        for cut in 0..head.len() {
            assert_eq!(head_len(&head.as_bytes()[..cut], 0), Ok(None), "{head:?}");
            let found = head_len(head.as_bytes(), cut);
            assert_eq!(found, Ok(Some(head.len())), "{head:?} at {cut}");
        }
    }
}

#[test]
fn bytes_that_cannot_become_a_head_are_refused_early() {
    let refused = |bytes: &[u8]| head_len(bytes, 0).expect_err("refused").status().code();
    assert_eq!(refused(b"\x16\x03\x01"), 400);
    assert_eq!(refused(b"\0"), 400);
    assert_eq!(refused(b" GET"), 400);
    let long_target = format!("GET /{}", "a".repeat(MAX_LINE_LEN));
    assert_eq!(refused(long_target.as_bytes()), 414);
    assert_eq!(
        refused(format!("{long_target} HTTP/1.1\r\n\r\n").as_bytes()),
        414
    );
    let long_field = format!("GET / HTTP/1.1\r\nx: {}", "a".repeat(MAX_HEAD_LEN));
    assert_eq!(refused(long_field.as_bytes()), 431);
    assert_eq!(refused(format!("{long_field}\r\n\r\n").as_bytes()), 431);
}

#[test]
fn the_fields_of_a_head_are_parsed() {
    let request = parse(
        "HEAD /a%20b HTTP/1.1\r\nhost: h:1\r\nRANGE: bytes=0-1\r\nIf-Range: \"v\"\r\n\
         If-None-Match: \"a\"\r\nif-none-match: \"b\"\r\nWant-Repr-Digest: sha-512=3, sha-256=10\r\n\r\n",
    )
    .unwrap();
    assert_eq!(request.method, Method::Head);
    assert_eq!(request.target, Target::Path("a b".to_owned()));
    assert_eq!(request.range.as_deref(), Some("bytes=0-1"));
    assert_eq!(request.conditions.if_range.as_deref(), Some("\"v\""));
    let list = request.conditions.if_none_match.as_deref();
    assert_eq!(list, Some("\"a\", \"b\""), "lines of a list are joined");
    assert!(request.wants_sha256 && request.keep_alive && !request.is_http10);
    assert!(
        !with("Want-Repr-Digest: sha-256=0\r\n")
            .unwrap()
            .wants_sha256
    );
    assert!(!with("").unwrap().wants_sha256);
}

#[test]
fn keep_alive_depends_on_version_and_connection_header() {
    for (version, connection, kept) in [
        ("1.1", "", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "Connection: Keep-Alive, CLOSE\r\n", false),
        ("1.1", "Connection: TE\r\nConnection: close\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
    ] {
        let head = format!("GET / HTTP/{version}\r\nHost: h\r\n{connection}\r\n");
        assert_eq!(parse(&head).unwrap().keep_alive, kept, "{head}");
    }
}

#[test]
fn exactly_one_host_is_required() {
    for head in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n\r\n",
        "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_eq!(status(parse(head)), 400, "{head:?}");
    }
    for head in [
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        parse(head).expect(head);
    }
}

#[test]
fn the_length_of_a_body_must_be_unambiguous() {
    for (fields, len) in [
        ("", 0),
        ("Content-Length: 0\r\n", 0),
        ("Content-Length: 5\r\n", 5),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", 5),
        ("Content-Length: 5, 5\r\n", 5),
        ("Content-Length: 18446744073709551615\r\n", u64::MAX),
    ] {
        assert_eq!(with(fields).unwrap().body_len, len, "{fields:?}");
    }
    for (fields, expected) in [
        ("Content-Length:\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: +1\r\n", 400),
        ("Content-Length: 1x\r\n", 400),
        ("Content-Length: 0x1\r\n", 400),
        ("Content-Length: 5, 6\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("Content-Length: 18446744073709551616\r\n", 413),
        ("Transfer-Encoding: chunked\r\n", 411),
        ("Transfer-Encoding: gzip, chunked\r\n", 501),
        ("Transfer-Encoding: nonsense\r\n", 501),
        ("Transfer-Encoding:\r\n", 501),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", 400),
    ] {
        assert_eq!(status(with(fields)), expected, "{fields:?}");
    }
    let old = "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(status(parse(old)), 400);
    assert!(with("Content-Length: 65536\r\n").unwrap().keep_alive);
    assert!(!with("Content-Length: 65537\r\n").unwrap().keep_alive);
}

#[test]
fn only_100_continue_may_be_expected() {
    let waits = with("Expect: 100-Continue\r\nContent-Length: 9\r\n").unwrap();
    assert!(waits.expects_continue && !waits.keep_alive);
    assert_eq!(status(with("Expect: wonders\r\n")), 417);
    let old = parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").unwrap();
    assert!(!old.expects_continue, "HTTP/1.0 has no expectations");
}

#[test]
fn invalid_header_fields_are_refused() {
    for fields in [
        "x y: 1\r\n",
        "x : 1\r\n",
        ": 1\r\n",
        "x\r\n",
        "x: 1\r\n folded\r\n",
        " x: 1\r\n",
        "x: \0\r\n",
        "x: 1\rGET\r\n",
    ] {
        assert_eq!(status(with(fields)), 400, "{fields:?}");
    }
    let many = |count: usize| with(&"x: 1\r\n".repeat(count));
    many(MAX_FIELDS - 1).unwrap();
    assert_eq!(status(many(MAX_FIELDS)), 431);
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut head = b"GET / HTTP/1.1\r\n".to_vec();
        head.extend(&bytes);
        for bytes in [bytes, head] {
            if let Ok(Some(len)) = head_len(&bytes, 0) {
                let _ = Request::parse(&bytes[..len]);
            }
            let _ = Request::parse(&bytes);
        }
    }

    #[test]
    fn plausible_heads_are_parsed_or_refused(
        line in "(GET|HEAD|PUT|x) [/a-c%?.*:0-9]{0,12} HTTP/1\\.[01]",
        fields in prop::collection::vec("(Host|Range|If-Range|Content-Length|Connection|Expect): [ -~]{0,20}", 0..6),
    ) {
        let head = format!("{line}\r\n{}\r\n\r\n", fields.join("\r\n"));
        if let Ok(Some(len)) = head_len(head.as_bytes(), 0) {
            let _ = Request::parse(&head.as_bytes()[..len]);
        }
    }

    #[test]
    fn the_split_of_a_head_does_not_matter(bytes in "[A-Za-z/ \r\n:.]{0,80}", cut in 0usize..80) {
        let whole = head_len(bytes.as_bytes(), 0);
        let cut = cut.min(bytes.len());
        let first = head_len(&bytes.as_bytes()[..cut], 0);
        let split = match first {
            Ok(None) => head_len(bytes.as_bytes(), cut),
            other => other,
        };
        prop_assert_eq!(split, whole);
    }
}
