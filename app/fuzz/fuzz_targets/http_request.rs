//! The server's side of HTTP: whatever a client says is answered by a head that is one, and by
//! bytes that are the file's.

#![no_main]

use std::time::{Duration, SystemTime};

use lanes_server::http_codec::{
    Answer, Body, EntityTag, File, MAX_HEAD_LEN, Part, Request, Status, head_len, part_of,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut rest = bytes;
    loop {
        let len = match head_len(rest, 0) {
            Ok(Some(len)) => len,
            Ok(None) => break,
            Err(error) => return check(&Answer::from(&error), now),
        };
        assert!(len > 0 && len <= rest.len() && len <= MAX_HEAD_LEN);
        // However the bytes come in, the head ends where it ends.
        assert_eq!(head_len(&rest[..len], len - 1), Ok(Some(len)));
        match Request::parse(&rest[..len]) {
            Ok(request) => answer(&request, now),
            Err(error) => return check(&Answer::from(&error), now),
        }
        rest = &rest[len..];
    }
    // And what is no head may be a range all the same.
    let text = String::from_utf8_lossy(bytes);
    for len in [0, 1, 1000, u64::MAX] {
        if let Part::Bytes(part) = part_of(&text, len) {
            assert!(part.start < part.end && part.end <= len);
        }
    }
});

fn answer(request: &Request, now: SystemTime) {
    if let Some(answer) = Answer::without_file(request) {
        check(&answer, now);
    }
    for len in [0, 1, 1000, u64::MAX] {
        let file = File {
            name: "a/x.html",
            len,
            tag: EntityTag::strong("1-2-3"),
            modified: (len != 1).then(|| now - Duration::from_secs(len.min(1000))),
            sha256: (len == 1000).then_some([7; 32]),
        };
        let answer = Answer::of_file(request, &file, now);
        if let Body::File(bytes) = &answer.body {
            assert!(bytes.start <= bytes.end && bytes.end <= len);
            let is_part = answer.status == Status::PartialContent;
            assert!(is_part || *bytes == (0..len), "a part, and it does not say so");
        }
        check(&answer, now);
    }
}

/// The head is one, and has only what was put into it.
fn check(answer: &Answer, now: SystemTime) {
    for (keeps_alive, is_old) in [(false, false), (true, false), (true, true)] {
        let head = answer.head(keeps_alive, is_old, now);
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut fields);
        let parsed = response.parse(&head).expect("a head");
        assert_eq!(parsed, httparse::Status::Complete(head.len()));
        assert_eq!(response.code, Some(answer.status.code()));
    }
}
