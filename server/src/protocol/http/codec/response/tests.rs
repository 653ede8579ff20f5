use super::*;
use std::time::{Duration, UNIX_EPOCH};

const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn request(method: Method, range: Option<&str>) -> Request {
    Request {
        method,
        target: Target::Path("x".to_owned()),
        host: None,
        is_http10: false,
        keep_alive: true,
        expects_continue: false,
        body_len: 0,
        conditions: super::super::conditions::Conditions::default(),
        range: range.map(str::to_owned),
        wants_sha256: false,
    }
}

fn file() -> FileInfo<'static> {
    FileInfo {
        name: "picture.jpg",
        len: 1000,
        tag: EntityTag::strong("v1"),
        modified: Some(httpdate::parse_http_date(THEN).unwrap()),
        sha256: None,
    }
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

fn field<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let mut matching = response.fields.iter().filter(|field| field.0 == name);
    let found = matching.next().map(|field| field.1.as_str());
    assert!(matching.next().is_none(), "{name} twice");
    found
}

fn text(response: &Response) -> String {
    String::from_utf8(response.head(true, false, now())).unwrap()
}

#[test]
fn a_whole_file_has_all_known_header_fields() {
    let file = FileInfo {
        sha256: Some([0; 32]),
        ..file()
    };
    let response = Response::for_file(&request(Method::Get, None), &file, now());
    assert_eq!(response.body, Body::File(0..1000));
    let expected = "HTTP/1.1 200 OK\r\nDate: Sun, 09 Sep 2001 01:46:40 GMT\r\n";
    assert!(text(&response).starts_with(expected), "{}", text(&response));
    assert!(text(&response).contains("\r\nContent-Length: 1000\r\n"));
    assert!(text(&response).ends_with("\r\n\r\n"));
    for (name, value) in [
        ("Content-Type", "image/jpeg"),
        ("Accept-Ranges", "bytes"),
        ("ETag", "\"v1\""),
        ("Last-Modified", THEN),
        (
            "Repr-Digest",
            "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:",
        ),
    ] {
        assert_eq!(field(&response, name), Some(value));
    }
    assert_eq!(field(&response, "Content-Range"), None);
}

#[test]
fn only_get_of_the_same_version_gets_a_part() {
    let range = Some("bytes=10-19");
    let part = Response::for_file(&request(Method::Get, range), &file(), now());
    assert_eq!(part.status, Status::PartialContent);
    assert_eq!(part.body, Body::File(10..20));
    assert_eq!(field(&part, "Content-Range"), Some("bytes 10-19/1000"));
    assert!(text(&part).contains("\r\nContent-Length: 10\r\n"));

    let head = Response::for_file(&request(Method::Head, range), &file(), now());
    assert_eq!((head.status, head.body), (Status::Ok, Body::File(0..1000)));

    let mut other = request(Method::Get, range);
    other.conditions.if_range = Some("\"v0\"".to_owned());
    let whole = Response::for_file(&other, &file(), now());
    assert_eq!(
        (whole.status, whole.body),
        (Status::Ok, Body::File(0..1000))
    );
    other.conditions.if_range = Some("\"v1\"".to_owned());
    let part = Response::for_file(&other, &file(), now());
    assert_eq!(part.status, Status::PartialContent);
}

#[test]
fn an_unsatisfiable_range_gets_the_length_of_the_file() {
    let response = Response::for_file(&request(Method::Get, Some("bytes=1000-")), &file(), now());
    assert_eq!(response.status, Status::RangeNotSatisfiable);
    assert_eq!(field(&response, "Content-Range"), Some("bytes */1000"));
}

#[test]
fn conditions_take_precedence_over_the_range() {
    let mut conditional = request(Method::Get, Some("bytes=5000-"));
    conditional.conditions.if_none_match = Some("\"v1\"".to_owned());
    let response = Response::for_file(&conditional, &file(), now());
    assert_eq!(
        (response.status, &response.body),
        (Status::NotModified, &Body::None)
    );
    assert_eq!(field(&response, "ETag"), Some("\"v1\""));
    let head = text(&response);
    assert!(
        !head.contains("Content-Length") && !head.contains("\nContent-Type"),
        "{head}"
    );
    conditional.conditions.if_match = Some("\"v0\"".to_owned());
    let response = Response::for_file(&conditional, &file(), now());
    assert_eq!(response.status, Status::PreconditionFailed);
}

#[test]
fn dates_out_of_range_are_clamped() {
    for (modified, expected) in [
        (
            now() + Duration::from_secs(1 << 39),
            "Sun, 09 Sep 2001 01:46:40 GMT",
        ),
        (
            UNIX_EPOCH - Duration::from_secs(5),
            "Thu, 01 Jan 1970 00:00:00 GMT",
        ),
    ] {
        let file = FileInfo {
            modified: Some(modified),
            ..file()
        };
        let response = Response::for_file(&request(Method::Get, None), &file, now());
        assert_eq!(field(&response, "Last-Modified"), Some(expected));
    }
    let file = FileInfo {
        modified: None,
        ..file()
    };
    let response = Response::for_file(&request(Method::Get, None), &file, now());
    assert_eq!(field(&response, "Last-Modified"), None);
}

#[test]
fn requests_that_no_file_can_satisfy_are_rejected() {
    let rejected = |request: &Request| Response::early_rejection(request).unwrap();
    let response = rejected(&request(Method::NotAllowed, None));
    assert_eq!(response.status, Status::MethodNotAllowed);
    assert_eq!(field(&response, "Allow"), Some("GET, HEAD"));
    assert_eq!(
        rejected(&request(Method::Unknown, None)).status,
        Status::NotImplemented
    );
    let mut invalid = request(Method::Get, None);
    invalid.body_len = MAX_DISCARDED_BODY + 1;
    assert_eq!(rejected(&invalid).status, Status::ContentTooLarge);
    invalid.body_len = MAX_DISCARDED_BODY;
    assert_eq!(Response::early_rejection(&invalid), None);
    invalid.target = Target::Server;
    assert_eq!(rejected(&invalid).status, Status::BadRequest);
}

#[test]
fn the_connection_header_depends_on_the_http_version() {
    let response = Response::error(Status::NotFound, &"no such file");
    let head = |keep_alive, is_http10| {
        let head = response.head(keep_alive, is_http10, now());
        String::from_utf8(head).unwrap()
    };
    assert!(!head(true, false).contains("Connection"));
    assert!(head(false, false).contains("\r\nConnection: close\r\n"));
    assert!(head(true, true).contains("\r\nConnection: keep-alive\r\n"));
    assert!(head(false, true).contains("\r\nConnection: close\r\n"));
}
