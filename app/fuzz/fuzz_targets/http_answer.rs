//! The client's side of HTTP: heads of responses and their fields, which are untrusted.

#![no_main]

#[path = "../../engine/src/protocol/http/parse/content_disposition.rs"]
mod content_disposition;
#[path = "../../engine/src/protocol/http/parse/content_range.rs"]
mod content_range;
#[path = "../../engine/src/protocol/http/parse/digest_fields.rs"]
mod digest_fields;
#[path = "../../engine/src/protocol/http/parse/encoded_word.rs"]
mod encoded_word;
#[path = "../../engine/src/protocol/http/parse/head_normalizer.rs"]
mod head_normalizer;
#[path = "../../engine/src/protocol/http/parse/head_scanner.rs"]
mod head_scanner;
#[path = "../../engine/src/model/charset.rs"]
mod charset;
#[path = "../../engine/src/protocol/http/parse/response_head.rs"]
mod response_head;
#[path = "../../engine/src/protocol/http/parse/retry_after.rs"]
mod retry_after;

/// The part of the engine that the modules above use.
mod model {
    pub mod checksum {
        pub use lanes_engine::Checksum;
    }
    pub(crate) use crate::charset;
}

use std::time::{Duration, SystemTime};

use content_range::ContentRange;
use head_scanner::HeadScanner;
use libfuzzer_sys::fuzz_target;
use response_head::ResponseHead;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

fuzz_target!(|text: &str| {
    if let Some(ContentRange::Bytes(bytes, total)) = content_range::parse(text) {
        assert!(bytes.start < bytes.end);
        assert!(total.is_none_or(|total| bytes.end <= total));
    }
    if let Some(name) = content_disposition::file_name(text.as_bytes()) {
        assert!(!name.trim().is_empty() && content_disposition::is_file(text.as_bytes()));
    }
    let strict = head_normalizer::normalize(text.as_bytes());
    assert!(strict.len() <= 3 * text.len() + 40);
    assert_eq!(*head_normalizer::normalize(&strict), *strict);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let _ = retry_after::parse(text, now);
    if let ResponseHead::Simple(response, body_at) = response_head::parse(text.as_bytes(), &mut HeadScanner::default())
    {
        assert!(body_at <= text.len() && text[..body_at].ends_with('\n'));
        assert!(response.status().as_u16() >= 300 || response.body().is_some());
    }
    let Ok(value) = HeaderValue::from_str(text) else {
        return;
    };
    for name in ["repr-digest", "digest", "content-md5"] {
        let head = HeaderMap::from_iter([(HeaderName::from_static(name), value.clone())]);
        let _ = digest_fields::strongest(&head, true);
    }
});
