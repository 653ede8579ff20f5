//! The client's side of HTTP: fields of an answer that a stranger's server wrote.

#![no_main]

#[path = "../../../app/src/engine/source/http/content_range.rs"]
mod content_range;
#[path = "../../../app/src/engine/source/http/digest_header.rs"]
mod digest_header;
#[path = "../../../app/src/engine/source/http/disposition.rs"]
mod disposition;
#[path = "../../../app/src/engine/source/http/retry_after.rs"]
mod retry_after;

/// What the modules above need of the app.
mod engine {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Checksum {
        Sha256([u8; 32]),
        Sha512(Box<[u8; 64]>),
    }
}

use std::time::{Duration, SystemTime};

use content_range::ContentRange;
use libfuzzer_sys::fuzz_target;

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
    let _ = digest_header::parse(text);
});
