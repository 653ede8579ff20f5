//! What may count as an answer to a request for a file: decided here, and nowhere else.
//!
//! A 206 counts only if it has exactly the bytes that were asked for. A 200 counts only from the
//! first byte, as a single stream. Whether it is still the same file is for the caller to see, from
//! what is [`ResponseInfo`].

use std::ops::Range;
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, StatusCode, header};

use super::content_range;
use super::content_range::ContentRange;
use super::{content_disposition, digest_fields, retry_after};
use crate::model::checksum::Checksum;
use crate::model::resource_info::Version;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeRequest {
    /// The whole file, without a `Range`.
    Whole,
    /// From here to the end of the file.
    From(u64),
    /// These bytes; the first and the one behind the last.
    Part(u64, u64),
}

impl RangeRequest {
    /// The `Range` header for it.
    pub fn header(self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::From(first) => Some(format!("bytes={first}-")),
            Self::Part(first, end) => Some(format!("bytes={first}-{}", end.saturating_sub(1))),
        }
    }
}

/// What the head of an answer tells of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResponseInfo {
    /// Length of the whole file in bytes; `None` when the server does not say it.
    pub len: Option<u64>,
    pub version: Version,
    pub checksum: Option<Checksum>,
    pub name: Option<String>,
    /// Whether it is a Metalink file.
    pub metalink: bool,
}

/// An answer that counts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// These bytes of the file, as asked.
    Part(Range<u64>),
    /// The file from its first byte, whatever was asked.
    Whole,
}

/// An answer that does not count.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// The server has too much to do. When to ask again, if it says so.
    Busy(Option<Duration>),
    /// The server gives the file to nobody, or not to us.
    Denied,
    /// The file ends before what was asked for; it has so many bytes, if the server says so.
    Beyond(Option<u64>),
    /// The answer has what was asked for and all that follows it: so it is to be asked for.
    TooLong(String),
    /// The answer does not fit the question: another try, or another question, may do better.
    Wrong(String),
    /// No other try can help.
    Permanent(String),
}

/// Decides whether the head of an answer counts for what was asked.
///
/// # Errors
/// Why it does not.
pub(crate) fn judge(
    asked: RangeRequest,
    status: StatusCode,
    headers: &HeaderMap,
    name: &str,
) -> Result<(Answer, ResponseInfo), Rejection> {
    match status.as_u16() {
        200 | 206 => {}
        416 => return Err(Rejection::Beyond(total(headers))),
        429 | 503 => return Err(Rejection::Busy(retry_after_of(headers))),
        401 | 403 | 404 | 407 | 410 | 451 => return Err(Rejection::Denied),
        408 | 425 | 500..600 => return Err(Rejection::Wrong(status_in_words(status))),
        _ => return Err(Rejection::Permanent(status_in_words(status))),
    }
    if let Some(coding) = text(headers, header::CONTENT_ENCODING)
        && !coding.eq_ignore_ascii_case("identity")
    {
        return Err(Rejection::Permanent(format!(
            "the server sends the file packed ({coding}) although it was asked not to; its bytes would not be those of the file"
        )));
    }
    match status {
        StatusCode::PARTIAL_CONTENT => part(asked, headers),
        _ => whole(headers, name),
    }
}

fn part(asked: RangeRequest, headers: &HeaderMap) -> Result<(Answer, ResponseInfo), Rejection> {
    let wrong = |what: &str| Rejection::Wrong(format!("the server sent {what}"));
    let range = text(headers, header::CONTENT_RANGE).and_then(content_range::parse);
    let Some(ContentRange::Bytes(bytes, total)) = range else {
        return Err(wrong("a part of the file without saying which"));
    };
    let Some(total) = total else {
        return Err(wrong("a part without saying how long the file is"));
    };
    let expected = match asked {
        RangeRequest::Whole => {
            return Err(wrong("a part of the file although all of it was asked for"));
        }
        RangeRequest::From(first) => first..total,
        RangeRequest::Part(first, end) => first..end.min(total),
    };
    if bytes == (expected.start..total) && bytes != expected {
        let words = "the server sent all that follows the part asked for";
        return Err(Rejection::TooLong(words.into()));
    }
    if bytes != expected {
        return Err(wrong("another part of the file than the one asked for"));
    }
    let body = content_length(headers)?;
    if body.is_some_and(|len| len != bytes.end - bytes.start) {
        return Err(wrong("a part whose length contradicts itself"));
    }
    let is_whole = bytes == (0..total);
    Ok((Answer::Part(bytes), told(headers, Some(total), is_whole)))
}

fn whole(headers: &HeaderMap, name: &str) -> Result<(Answer, ResponseInfo), Rejection> {
    let len = content_length(headers)?;
    let html = text(headers, header::CONTENT_TYPE)
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
    // Portals, log-in pages and error pages come as 200 too; a file has a length.
    if html && len.is_none() && !may_be_html(name) {
        return Err(Rejection::Permanent(
            "the server sent a web page instead of the file; open the link in a browser to see what it says".into(),
        ));
    }
    Ok((Answer::Whole, told(headers, len, true)))
}

/// How long the file is, by the `Content-Range` of an answer that need not count otherwise.
pub(crate) fn total(headers: &HeaderMap) -> Option<u64> {
    match content_range::parse(text(headers, header::CONTENT_RANGE)?)? {
        ContentRange::Bytes(_, total) => total,
        ContentRange::Unsatisfied(total) => Some(total),
    }
}

fn told(headers: &HeaderMap, len: Option<u64>, is_whole: bool) -> ResponseInfo {
    let owned = |name| text(headers, name).map(str::to_owned);
    ResponseInfo {
        len,
        version: Version::Validators {
            etag: owned(header::ETAG),
            last_modified: owned(header::LAST_MODIFIED),
        },
        checksum: digest_fields::strongest(headers, is_whole),
        name: headers.get(header::CONTENT_DISPOSITION).and_then(|value| {
            content_disposition::file_name(&String::from_utf8_lossy(value.as_bytes()))
        }),
        metalink: text(headers, header::CONTENT_TYPE).is_some_and(|kind| {
            kind.to_ascii_lowercase()
                .starts_with("application/metalink4+xml")
        }),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Rejection> {
    // A body in chunks has no length of its own (RFC 9112, 6.3).
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(None);
    }
    let Some(length) = headers.get(header::CONTENT_LENGTH) else {
        return Ok(None);
    };
    let length = length
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok());
    length
        .map(Some)
        .ok_or_else(|| Rejection::Wrong("the server gave a length that is no number".into()))
}

fn retry_after_of(headers: &HeaderMap) -> Option<Duration> {
    retry_after::parse(text(headers, header::RETRY_AFTER)?, SystemTime::now())
}

fn may_be_html(name: &str) -> bool {
    match name.rsplit_once('.') {
        None => true,
        Some((_, extension)) => {
            let extension = extension.to_ascii_lowercase();
            ["htm", "html", "xhtml", "php", "asp", "aspx", "jsp", "cgi"]
                .contains(&extension.as_str())
        }
    }
}

/// A status with its usual words.
pub(crate) fn status_in_words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("the server answers {} ({reason})", status.as_u16()),
        None => format!("the server answers {}", status.as_u16()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        for line in lines.split('|').filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, value.parse().unwrap());
        }
        map
    }

    fn verdict(asked: RangeRequest, status: u16, lines: &str) -> String {
        let status = StatusCode::from_u16(status).unwrap();
        match judge(asked, status, &headers(lines), "file.bin") {
            Ok((Answer::Part(bytes), told)) => format!("part {bytes:?} of {:?}", told.len),
            Ok((Answer::Whole, told)) => format!("whole, {:?}", told.len),
            Err(Rejection::Busy(after)) => format!("busy {after:?}"),
            Err(Rejection::Denied) => "denied".into(),
            Err(Rejection::Beyond(len)) => format!("beyond {len:?}"),
            Err(Rejection::TooLong(_)) => "too long".into(),
            Err(Rejection::Wrong(_)) => "wrong".into(),
            Err(Rejection::Permanent(_)) => "hopeless".into(),
        }
    }

    #[test]
    fn only_exactly_what_was_asked_for_counts() {
        use RangeRequest::{From, Part, Whole};
        for (asked, status, lines, expected) in [
            (
                From(0),
                206,
                "content-range: bytes 0-99/100|content-length: 100",
                "part 0..100 of Some(100)",
            ),
            (
                Part(10, 20),
                206,
                "content-range: bytes 10-19/100",
                "part 10..20 of Some(100)",
            ),
            (
                Part(90, 200),
                206,
                "content-range: bytes 90-99/100",
                "part 90..100 of Some(100)",
            ),
            (Part(10, 20), 206, "content-range: bytes 11-20/100", "wrong"),
            (Part(10, 20), 206, "content-range: bytes 10-18/100", "wrong"),
            (
                Part(10, 20),
                206,
                "content-range: bytes 10-99/100",
                "too long",
            ),
            (Part(10, 20), 206, "content-range: bytes 10-98/100", "wrong"),
            (Part(10, 20), 206, "content-range: bytes 0-99/100", "wrong"),
            (Part(10, 20), 206, "content-range: bytes 10-19/*", "wrong"),
            (
                Part(10, 20),
                206,
                "content-range: bytes 10-19/100|content-length: 11",
                "wrong",
            ),
            (
                Part(10, 20),
                206,
                "content-type: multipart/byteranges",
                "wrong",
            ),
            (Whole, 206, "content-range: bytes 0-99/100", "wrong"),
            (From(0), 200, "content-length: 100", "whole, Some(100)"),
            (From(0), 200, "transfer-encoding: chunked", "whole, None"),
            (From(0), 200, "content-length: -5", "wrong"),
            (
                From(0),
                200,
                "content-length: 5|content-encoding: gzip",
                "hopeless",
            ),
            (
                From(0),
                200,
                "content-length: 5|content-encoding: identity",
                "whole, Some(5)",
            ),
            (From(0), 200, "content-type: text/html", "hopeless"),
            (
                From(0),
                200,
                "content-type: text/html|content-length: 7",
                "whole, Some(7)",
            ),
            (From(0), 416, "content-range: bytes */0", "beyond Some(0)"),
            (From(0), 503, "retry-after: 7", "busy Some(7s)"),
            (From(0), 429, "", "busy None"),
            (From(0), 404, "", "denied"),
            (From(0), 502, "", "wrong"),
            (From(0), 204, "", "hopeless"),
        ] {
            assert_eq!(
                verdict(asked, status, lines),
                expected,
                "{asked:?} {status} {lines}"
            );
        }
    }

    #[test]
    fn the_head_tells_the_version_the_name_and_the_digest() {
        let lines = "content-length: 3|etag: W/\"x\"|last-modified: Mon|content-disposition: attachment; filename=\"n.zip\"";
        let (_, told) = judge(RangeRequest::From(0), StatusCode::OK, &headers(lines), "f").unwrap();
        assert_eq!(told.name.as_deref(), Some("n.zip"));
        let version = Version::Validators {
            etag: Some("W/\"x\"".into()),
            last_modified: Some("Mon".into()),
        };
        assert_eq!(told.version, version);
    }
}
