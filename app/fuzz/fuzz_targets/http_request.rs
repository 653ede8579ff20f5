//! The server's side of HTTP: every request gets a valid response head and a byte range within the file.

#![no_main]

use std::time::{Duration, SystemTime};

use lanes_server::http_codec::{
    Body, EntityTag, FileInfo, MAX_HEAD_LEN, RangeSelection, Request, Response, Status, head_len,
    select_range,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut rest = bytes;
    loop {
        let len = match head_len(rest, 0) {
            Ok(Some(len)) => len,
            Ok(None) => break,
            Err(error) => return check(&Response::from(&error), now),
        };
        assert!(len > 0 && len <= rest.len() && len <= MAX_HEAD_LEN);
        // The end of the head does not depend on the bytes received so far.
        assert_eq!(head_len(&rest[..len], len - 1), Ok(Some(len)));
        match Request::parse(&rest[..len]) {
            Ok(request) => respond(&request, now),
            Err(error) => return check(&Response::from(&error), now),
        }
        rest = &rest[len..];
    }
    // Text that is no request can still be a range.
    let text = String::from_utf8_lossy(bytes);
    for len in [0, 1, 1000, u64::MAX] {
        if let RangeSelection::Bytes(part) = select_range(&text, len) {
            assert!(part.start < part.end && part.end <= len);
        }
    }
});

fn respond(request: &Request, now: SystemTime) {
    if let Some(response) = Response::early_rejection(request) {
        check(&response, now);
    }
    for len in [0, 1, 1000, u64::MAX] {
        let file = FileInfo {
            name: "a/x.html",
            len,
            tag: EntityTag::strong("1-2-3"),
            modified: (len != 1).then(|| now - Duration::from_secs(len.min(1000))),
            sha256: (len == 1000).then_some([7; 32]),
        };
        let response = Response::for_file(request, &file, now);
        if let Body::File(bytes) = &response.body {
            assert!(bytes.start <= bytes.end && bytes.end <= len);
            let is_part = response.status == Status::PartialContent;
            assert!(is_part || *bytes == (0..len), "a partial body without status 206");
        }
        check(&response, now);
    }
}

/// Checks that the head parses and carries the status of the response.
fn check(response: &Response, now: SystemTime) {
    for (keep_alive, is_http10) in [(false, false), (true, false), (true, true)] {
        let head = response.head(keep_alive, is_http10, now);
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Response::new(&mut fields);
        let status = parsed.parse(&head).expect("the head is valid");
        assert_eq!(status, httparse::Status::Complete(head.len()));
        assert_eq!(parsed.code, Some(response.status.code()));
    }
}
