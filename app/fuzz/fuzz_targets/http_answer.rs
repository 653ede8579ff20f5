//! The client's side of HTTP: an answer's head and its fields, which a stranger's server wrote.

#![no_main]

#[path = "../../../app/src/engine/source/http/content_range.rs"]
mod content_range;
#[path = "../../../app/src/engine/source/http/digest_header.rs"]
mod digest_header;
#[path = "../../../app/src/engine/source/http/disposition.rs"]
mod disposition;
#[path = "../../../app/src/engine/source/http/plain.rs"]
mod plain;
#[path = "../../../app/src/engine/source/http/retry_after.rs"]
mod retry_after;

/// What the modules above need of the app.
mod engine {
    pub use lanes_engine::Checksum;
}

use std::time::{Duration, SystemTime};

use content_range::ContentRange;
use libfuzzer_sys::fuzz_target;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

fuzz_target!(|text: &str| {
    if let Some(ContentRange::Bytes(bytes, total)) = content_range::parse(text) {
        assert!(bytes.start < bytes.end);
        assert!(total.is_none_or(|total| bytes.end <= total));
    }
    if let Some(name) = disposition::file_name(text) {
        assert!(!name.trim().is_empty());
    }
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let _ = retry_after::parse(text, now);
    if let plain::Read::Plain(answer, from) = plain::plain(text.as_bytes()) {
        assert!(from <= text.len() && text[..from].ends_with('\n'));
        assert!(answer.status().as_u16() >= 300 || answer.body().is_some());
    }
    let Ok(value) = HeaderValue::from_str(text) else {
        return;
    };
    for name in ["repr-digest", "digest", "content-md5"] {
        let head = HeaderMap::from_iter([(HeaderName::from_static(name), value.clone())]);
        let _ = digest_header::strongest(&head, true);
    }
});
