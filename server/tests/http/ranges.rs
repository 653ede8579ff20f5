//! Parts of a file (RFC 9110, 14).

use super::common::http::Web;
use super::common::serve;
use super::folder;

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
