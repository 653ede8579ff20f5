//! Decides whether a response counts for a request. Nothing else does.
//!
//! A 206 counts only if it contains the requested range; what it has before and behind is dropped. A 200 counts only from the first
//! byte, as a single stream. The caller compares [`ResponseInfo::version`] with earlier responses.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, StatusCode, header};

use super::content_range;
use super::content_range::ContentRange;
use super::{content_disposition, digest_fields, retry_after};
use crate::model::checksum::Checksum;
use crate::model::resource_info::Version;
use crate::protocol::error::{Mismatch, Rejection, Unusable};

/// Most bytes before the requested range that are received and dropped. A cache may answer in whole
/// blocks; a server that always sends everything is not asked for ranges.
const MAX_SKIPPED: u64 = 16 << 20;

/// The bytes that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeRequest {
    /// The whole file, without a `Range` header.
    Whole,
    /// From this offset to the end of the file.
    From(u64),
    /// From the first offset to the second, exclusive.
    Part(u64, u64),
}

impl RangeRequest {
    /// Returns the value of the `Range` header.
    pub fn header(self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::From(first) => Some(format!("bytes={first}-")),
            Self::Part(first, end) => Some(format!("bytes={first}-{}", end.saturating_sub(1))),
        }
    }
}

/// The description of the file in a response head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResponseInfo {
    /// Length of the whole file in bytes; `None` if the server does not report it.
    pub len: Option<u64>,
    pub version: Version,
    pub checksum: Option<Checksum>,
    pub name: Option<String>,
    /// True if its type is that of a Metalink file.
    pub is_metalink: bool,
}

/// The part of the file in the body of a response that counts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// This range, as requested.
    Part(Range<u64>),
    /// The whole file, even if a range was requested.
    Whole,
}

/// Checks whether a response head counts for `requested`; `name` is the file name in the URL.
///
/// # Errors
/// The reason why it does not count.
pub(crate) fn check(
    requested: RangeRequest,
    status: StatusCode,
    headers: &HeaderMap,
    name: &str,
) -> Result<(Content, ResponseInfo), Rejection> {
    match status.as_u16() {
        200 | 206 => {}
        416 => {
            return Err(Rejection::RangeNotSatisfiable {
                len: total_len(headers),
            });
        }
        429 | 503 => {
            return Err(Rejection::Busy {
                status,
                retry_after: retry_after(headers),
            });
        }
        401 | 403 | 404 | 407 | 410 | 451 => return Err(Rejection::Denied(status)),
        408 | 425 | 500..600 => return Err(Mismatch::Status(status).into()),
        _ => return Err(Unusable::Status(status).into()),
    }
    if let Some(coding) = text(headers, header::CONTENT_ENCODING)
        && !coding.eq_ignore_ascii_case("identity")
    {
        return Err(Unusable::Encoded(coding.to_owned()).into());
    }
    match status {
        StatusCode::PARTIAL_CONTENT => check_partial(requested, headers),
        _ => check_whole(headers, name),
    }
}

fn check_partial(
    requested: RangeRequest,
    headers: &HeaderMap,
) -> Result<(Content, ResponseInfo), Rejection> {
    let range = text(headers, header::CONTENT_RANGE).and_then(content_range::parse);
    let Some(ContentRange::Bytes(bytes, total)) = range else {
        return Err(Mismatch::NoContentRange.into());
    };
    let total = total.ok_or(Mismatch::UnknownTotal)?;
    let expected = match requested {
        RangeRequest::Whole => return Err(Mismatch::UnrequestedRange.into()),
        RangeRequest::From(first) => first..total,
        RangeRequest::Part(first, end) => first..end.min(total),
    };
    if bytes == (expected.start..total) && bytes != expected {
        return Err(Rejection::OpenEnded);
    }
    if bytes.start > expected.start
        || bytes.end < expected.end
        || expected.start - bytes.start > MAX_SKIPPED
    {
        return Err(Mismatch::OtherRange.into());
    }
    let body_len = content_length(headers)?;
    if body_len.is_some_and(|len| len != bytes.end - bytes.start) {
        return Err(Mismatch::ContradictoryLength.into());
    }
    let is_whole = bytes == (0..total);
    let info = response_info(headers, Some(total), is_whole);
    Ok((Content::Part(bytes), info))
}

fn check_whole(headers: &HeaderMap, name: &str) -> Result<(Content, ResponseInfo), Rejection> {
    let len = content_length(headers)?;
    let is_html = text(headers, header::CONTENT_TYPE)
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
    // Portals, log-in pages and error pages have status 200 too, but seldom a length, as files
    // have.
    if is_html && len.is_none() && !may_be_html(name) {
        return Err(Unusable::WebPage.into());
    }
    Ok((Content::Whole, response_info(headers, len, true)))
}

/// Returns the length of the file in `Content-Range`, also of a response that does not count.
pub(crate) fn total_len(headers: &HeaderMap) -> Option<u64> {
    match content_range::parse(text(headers, header::CONTENT_RANGE)?)? {
        ContentRange::Bytes(_, total) => total,
        ContentRange::Unsatisfied(total) => Some(total),
    }
}

fn response_info(headers: &HeaderMap, len: Option<u64>, is_whole: bool) -> ResponseInfo {
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
        is_metalink: text(headers, header::CONTENT_TYPE).is_some_and(|kind| {
            kind.to_ascii_lowercase()
                .starts_with("application/metalink4+xml")
        }),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Mismatch> {
    // Content-Length does not apply to a chunked body (RFC 9112, 6.3).
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
    length.map(Some).ok_or(Mismatch::InvalidLength)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    // The clock of the server, because that of this machine may be wrong.
    let date = text(headers, header::DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let now = date.unwrap_or_else(SystemTime::now);
    retry_after::parse(text(headers, header::RETRY_AFTER)?, now)
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

    fn describe(requested: RangeRequest, status: u16, lines: &str) -> String {
        let status = StatusCode::from_u16(status).unwrap();
        match check(requested, status, &headers(lines), "file.bin") {
            Ok((Content::Part(bytes), info)) => format!("part {bytes:?} of {:?}", info.len),
            Ok((Content::Whole, info)) => format!("whole, {:?}", info.len),
            Err(Rejection::Busy { retry_after, .. }) => format!("busy {retry_after:?}"),
            Err(Rejection::Denied(_)) => "denied".into(),
            Err(Rejection::RangeNotSatisfiable { len }) => format!("beyond {len:?}"),
            Err(Rejection::OpenEnded) => "open-ended".into(),
            Err(Rejection::Mismatch(_)) => "mismatch".into(),
            Err(Rejection::Permanent(_)) => "permanent".into(),
        }
    }

    #[test]
    fn only_the_exact_requested_range_counts() {
        use RangeRequest::{From, Part, Whole};
        for (requested, status, lines, expected) in [
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
            (
                Part(10, 20),
                206,
                "content-range: bytes 11-20/100",
                "mismatch",
            ),
            (
                Part(10, 20),
                206,
                "content-range: bytes 10-18/100",
                "mismatch",
            ),
            (
                Part(10, 20),
                206,
                "content-range: bytes 10-99/100",
                "open-ended",
            ),
            (
                Part(10, 20),
                206,
                "content-range: bytes 10-98/100",
                "part 10..99 of Some(100)",
            ),
            (
                Part(10, 20),
                206,
                "content-range: bytes 0-99/100",
                "part 0..100 of Some(100)",
            ),
            (
                Part(10, 20),
                206,
                "content-range: bytes 10-19/*",
                "mismatch",
            ),
            (
                Part(10, 20),
                206,
                "content-range: bytes 10-19/100|content-length: 11",
                "mismatch",
            ),
            (
                Part(10, 20),
                206,
                "content-type: multipart/byteranges",
                "mismatch",
            ),
            (Whole, 206, "content-range: bytes 0-99/100", "mismatch"),
            (From(0), 200, "content-length: 100", "whole, Some(100)"),
            (From(0), 200, "transfer-encoding: chunked", "whole, None"),
            (From(0), 200, "content-length: -5", "mismatch"),
            (
                From(0),
                200,
                "content-length: 5|content-encoding: gzip",
                "permanent",
            ),
            (
                From(0),
                200,
                "content-length: 5|content-encoding: identity",
                "whole, Some(5)",
            ),
            (From(0), 200, "content-type: text/html", "permanent"),
            (
                From(0),
                200,
                "content-type: text/html|content-length: 7",
                "whole, Some(7)",
            ),
            (From(0), 416, "content-range: bytes */0", "beyond Some(0)"),
            (From(0), 503, "retry-after: 7", "busy Some(7s)"),
            (
                From(0),
                503,
                "date: Sun, 06 Nov 1994 08:49:37 GMT|retry-after: Sun, 06 Nov 1994 08:49:42 GMT",
                "busy Some(5s)",
            ),
            (From(0), 429, "", "busy None"),
            (From(0), 404, "", "denied"),
            (From(0), 502, "", "mismatch"),
            (From(0), 204, "", "permanent"),
        ] {
            assert_eq!(
                describe(requested, status, lines),
                expected,
                "{requested:?} {status} {lines}"
            );
        }
    }

    #[test]
    fn head_contains_the_version_and_the_name() {
        let lines = "content-length: 3|etag: W/\"x\"|last-modified: Mon|content-disposition: attachment; filename=\"n.zip\"";
        let (_, info) = check(RangeRequest::From(0), StatusCode::OK, &headers(lines), "f").unwrap();
        assert_eq!(info.name.as_deref(), Some("n.zip"));
        let version = Version::Validators {
            etag: Some("W/\"x\"".into()),
            last_modified: Some("Mon".into()),
        };
        assert_eq!(info.version, version);
    }
}
