//! Conditional requests (RFC 9110, section 13).

use super::common::http::HttpClient;
use super::common::{noise, serve};
use super::folder;

#[test]
fn conditions_compare_tag_and_date() {
    let (dir, bytes) = folder();
    let server = serve(dir.path());
    let mut http = HttpClient::new(server.addr());
    let first = http.get("/x", "");
    let tag = first.field("ETag").unwrap().to_owned();
    let date = first.field("Last-Modified").unwrap().to_owned();
    assert!(tag.starts_with('"'), "not a strong tag: {tag}");
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
        let response = http.get("/x", &fields);
        assert_eq!(response.status, status, "{fields}");
        match status {
            200 => assert!(response.body == bytes, "{fields}"),
            304 => assert_eq!(response.field("ETag"), Some(tag.as_str())),
            _ => {}
        }
    }
    std::fs::write(dir.path().join("x"), noise(1000)).unwrap();
    let changed = http.get("/x", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(changed.status, 200);
    assert_ne!(changed.field("ETag"), Some(tag.as_str()));
    let part = http.get("/x", &format!("If-Range: {tag}\r\nRange: bytes=0-1\r\n"));
    assert_eq!(
        part.status, 200,
        "a range of another version must not be sent"
    );
}
