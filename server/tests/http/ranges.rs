//! Range requests (RFC 9110, section 14).

use super::common::http::HttpClient;
use super::common::serve;
use super::folder;

#[test]
fn ranges_select_the_requested_bytes() {
    let (dir, bytes) = folder();
    let server = serve(dir.path());
    let mut http = HttpClient::new(server.addr());
    for (range, part) in [
        ("0-0", 0..1),
        ("0-", 0..1000),
        ("10-19", 10..20),
        ("990-2000", 990..1000),
        ("-7", 993..1000),
        ("-5000", 0..1000),
        ("0-9,10-19", 0..20),
    ] {
        let response = http.get("/x", &format!("Range: bytes={range}\r\n"));
        assert_eq!(response.status, 206, "{range}");
        let expected = format!("bytes {}-{}/1000", part.start, part.end - 1);
        assert_eq!(response.field("Content-Range"), Some(expected.as_str()));
        assert_eq!(response.body, bytes[part], "{range}");
    }
    for range in ["bytes=0-1,500-501", "bytes=5-2", "lines=1-2", "bytes=x"] {
        let response = http.get("/x", &format!("Range: {range}\r\n"));
        assert_eq!(
            (response.status, response.body == bytes),
            (200, true),
            "{range}"
        );
    }
    for range in ["1000-", "1000-1001", "-0", "2000-,3000-"] {
        let response = http.get("/x", &format!("Range: bytes={range}\r\n"));
        assert_eq!(response.status, 416, "{range}");
        assert_eq!(response.field("Content-Range"), Some("bytes */1000"));
    }
}

#[test]
fn ranges_of_an_empty_file_are_unsatisfiable() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("empty"), "").unwrap();
    let server = serve(dir.path());
    let mut http = HttpClient::new(server.addr());
    let whole = http.get("/empty", "");
    assert_eq!(
        (whole.status, whole.field("Content-Length")),
        (200, Some("0"))
    );
    let part = http.get("/empty", "Range: bytes=0-\r\n");
    assert_eq!(
        (part.status, part.field("Content-Range")),
        (416, Some("bytes */0"))
    );
    assert_eq!(http.get("/empty", "Range: bytes=-5\r\n").status, 200);
}
