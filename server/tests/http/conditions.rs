//! Answers that depend on the version that the client has (RFC 9110, 13).

use super::common::http::Web;
use super::common::{noise, serve};
use super::folder;

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
