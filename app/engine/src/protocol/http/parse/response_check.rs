//! Decides whether a response counts for a request. Nothing else does.
//!
//! A 206 counts only if it contains the beginning of the requested range; the caller skips and cuts. A
//! 200 counts only from the first byte, as a single stream. The caller compares
//! [`ResponseInfo::version`] with earlier responses.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, StatusCode, header};

use super::content_coding::{BodyCoding, Coding};
use super::content_range::ContentRange;
use super::{
    content_coding, content_disposition, content_range, digest_fields, retry_after,
    transfer_encoding_header,
};
use crate::model::checksum::Checksum;
use crate::model::resource_info::Version;
use crate::protocol::error::{Mismatch, Rejection, Unusable};

/// Most bytes before the requested range that are received and dropped. A cache may answer in whole
/// blocks; a server that always sends everything is not asked for ranges.
const MAX_SKIPPED: u64 = 16 << 20;
/// A 206 that is shorter than the requested range counts from this many bytes on: servers limit the length
/// of one response, but a response of a few bytes is a fault.
const MIN_SHORT_LEN: u64 = 1024;

/// Facts about the file that are known before the response.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Expected<'a> {
    /// Names of the file in the link, and in the URL that it leads to.
    pub names: &'a [&'a str],
    /// Length of the file in bytes.
    pub len: Option<u64>,
    /// Set if the whole file may be decoded, because the server does not send it otherwise.
    pub may_decode: bool,
}

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
    /// Returns the request for a range of a file of `len` bytes. A single byte is requested together with
    /// its neighbour, because some servers refuse ranges of one byte.
    pub fn of(range: &Range<u64>, len: Option<u64>) -> Self {
        match range.end - range.start {
            1 if range.start > 0 => Self::Part(range.start - 1, range.end),
            1 if len.is_some_and(|len| len > 1) => Self::Part(range.start, range.end + 1),
            _ => Self::Part(range.start, range.end),
        }
    }

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
    /// True if its type is that of a web page, and nothing says that it is to be saved as a file.
    pub is_page: bool,
    /// True if it has no type, and nothing says that it is to be saved as a file.
    pub is_untyped: bool,
    /// Values of `Content-Encoding` that name no known coding.
    pub unknown_coding: Option<String>,
    /// True if the server announces that it serves ranges.
    pub accepts_ranges: bool,
    /// `Alt-Svc`, the other ways to reach the server.
    pub alternatives: Option<String>,
}

/// The part of the file in the body of a response that counts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// This range, which contains the beginning of the requested one.
    Part(Range<u64>),
    /// The whole file, even if a range was requested.
    Whole,
    /// The whole file, with these codings applied in this order.
    Coded(Vec<Coding>),
}

/// Checks whether a response head counts for `requested`.
///
/// # Errors
/// The reason why it does not count.
pub(crate) fn check(
    requested: RangeRequest,
    status: StatusCode,
    headers: &HeaderMap,
    expected: &Expected<'_>,
) -> Result<(Content, ResponseInfo), Rejection> {
    check_status(status, headers)?;
    let codings = codings_of_body(headers, expected)?;
    let is_partial = status == StatusCode::PARTIAL_CONTENT || is_unmarked_part(headers);
    match (is_partial, codings.is_empty()) {
        (true, true) => check_partial(requested, headers, expected.len),
        (false, true) => Ok((
            Content::Whole,
            response_info(headers, content_length(headers)?, true),
        )),
        // A part of a coded file cannot be decoded.
        (true, false) => Err(Unusable::Encoded(content_coding::list(&codings)).into()),
        (false, false) => {
            // Neither length nor digests are those of the file.
            let info = response_info(headers, None, true);
            let info = ResponseInfo {
                checksum: None,
                ..info
            };
            Ok((Content::Coded(codings), info))
        }
    }
}

/// Checks that a response has content, which may count.
fn check_status(status: StatusCode, headers: &HeaderMap) -> Result<(), Rejection> {
    Err(match status.as_u16() {
        // A proxy has transformed a response with 203, or says that it may have (RFC 9110, 15.3.4).
        200 | 203 | 206 => return Ok(()),
        // An empty file has no content.
        204 if content_length(headers).is_ok_and(|len| len.unwrap_or(0) == 0) => {
            Rejection::RangeNotSatisfiable { len: Some(0) }
        }
        416 => Rejection::RangeNotSatisfiable {
            len: total_len(headers),
        },
        // A file that the server prepares.
        202 if retry_after(headers).is_some() => Rejection::Busy {
            status,
            retry_after: retry_after(headers),
        },
        429 | 503 => Rejection::Busy {
            status,
            retry_after: retry_after(headers),
        },
        401 | 403 | 404 | 407 | 410 | 451 => Rejection::Denied(status),
        408 | 425 | 500..600 => Mismatch::Status(status).into(),
        _ => Unusable::Status(status).into(),
    })
}

/// Returns the codings of a body that may be decoded, in the order in which they were applied; none if it is
/// not coded.
fn codings_of_body(headers: &HeaderMap, expected: &Expected<'_>) -> Result<Vec<Coding>, Rejection> {
    let name = content_name(headers);
    let names: Vec<&str> = expected
        .names
        .iter()
        .copied()
        .chain(name.as_deref())
        .collect();
    let mut codings = match content_coding::read(headers, &names) {
        BodyCoding::None => Vec::new(),
        BodyCoding::Applied(codings) => codings,
        BodyCoding::Unsupported(codings) => return Err(Unusable::Encoded(codings).into()),
    };
    codings.extend(
        transfer_encoding_header::parse(headers)
            .map_err(|unsupported| Unusable::TransferCoding(unsupported.field))?,
    );
    match expected.may_decode || codings.is_empty() {
        true => Ok(codings),
        false => Err(Unusable::Encoded(content_coding::list(&codings)).into()),
    }
}

/// Returns whether a 200 is a part of the file, by its `Content-Range` and its length.
fn is_unmarked_part(headers: &HeaderMap) -> bool {
    let range = text(headers, header::CONTENT_RANGE).and_then(content_range::parse);
    let Some(ContentRange::Bytes(bytes, Some(total))) = range else {
        return false;
    };
    let len = content_length(headers).ok().flatten();
    bytes != (0..total) && len == Some(bytes.end - bytes.start)
}

fn check_partial(
    requested: RangeRequest,
    headers: &HeaderMap,
    known_len: Option<u64>,
) -> Result<(Content, ResponseInfo), Rejection> {
    let range = text(headers, header::CONTENT_RANGE);
    let (bytes, total) = match range.and_then(content_range::parse) {
        Some(ContentRange::Bytes(bytes, total)) => (bytes, total),
        Some(ContentRange::Unsatisfied(len)) => {
            return Err(Rejection::RangeNotSatisfiable { len: Some(len) });
        }
        None => {
            // The range of a file that shrank may be wrong, but its length shows the change.
            let total = range.and_then(content_range::total);
            let is_other = total.is_some() && known_len.is_some() && total != known_len;
            return Err(match is_other {
                true => Rejection::RangeNotSatisfiable { len: total },
                false => Mismatch::NoContentRange.into(),
            });
        }
    };
    let total = total.or(known_len).ok_or(Mismatch::UnknownTotal)?;
    let wanted = match requested {
        RangeRequest::Whole => return Err(Mismatch::UnrequestedRange.into()),
        RangeRequest::From(first) => first..total,
        RangeRequest::Part(first, end) => first..end.min(total),
    };
    let skipped = wanted.start.checked_sub(bytes.start);
    let has_start = skipped.is_some_and(|len| len <= MAX_SKIPPED) && wanted.start < bytes.end;
    let is_too_short = bytes.end < wanted.end && bytes.end < wanted.start + MIN_SHORT_LEN;
    if !has_start || is_too_short || bytes.end > total {
        // Another length explains why.
        return Err(match known_len.is_some_and(|len| len != total) {
            true => Rejection::RangeNotSatisfiable { len: Some(total) },
            false => Mismatch::OtherRange.into(),
        });
    }
    let body_len = content_length(headers)?;
    if body_len.is_some_and(|len| len != bytes.end - bytes.start) {
        return Err(Mismatch::ContradictoryLength.into());
    }
    let is_whole = bytes == (0..total);
    let info = response_info(headers, Some(total), is_whole);
    let content = match is_whole && bytes != wanted {
        true => Content::Whole,
        false => Content::Part(bytes),
    };
    Ok((content, info))
}

/// Returns the length of the file in `Content-Range`, also of a response that does not count.
pub(crate) fn total_len(headers: &HeaderMap) -> Option<u64> {
    content_range::total(text(headers, header::CONTENT_RANGE)?)
}

fn response_info(headers: &HeaderMap, len: Option<u64>, is_whole: bool) -> ResponseInfo {
    // Validators are only compared, so their character set does not matter.
    let owned = |name| {
        let value = headers.get(name)?.as_bytes().trim_ascii();
        Some(value.iter().copied().map(char::from).collect())
    };
    let kind = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    let is_file = dispositions(headers).any(content_disposition::is_file);
    let kind = kind.to_ascii_lowercase();
    let is_html = ["text/html", "application/xhtml"]
        .iter()
        .any(|page| kind.starts_with(page));
    let is_range_served = content_range_is_valid(headers)
        || text(headers, header::ACCEPT_RANGES).is_some_and(|units| {
            units
                .split(',')
                .any(|unit| unit.trim().eq_ignore_ascii_case("bytes"))
        });
    ResponseInfo {
        len,
        version: Version::Validators {
            etag: owned(header::ETAG),
            last_modified: owned(header::LAST_MODIFIED),
        },
        checksum: digest_fields::strongest(headers, is_whole),
        name: content_name(headers),
        is_metalink: kind.starts_with("application/metalink4+xml"),
        is_page: is_html && !is_file,
        is_untyped: !headers.contains_key(header::CONTENT_TYPE) && !is_file,
        unknown_coding: content_coding::unknown(headers),
        accepts_ranges: is_range_served,
        alternatives: text(headers, header::ALT_SVC).map(str::to_owned),
    }
}

fn content_range_is_valid(headers: &HeaderMap) -> bool {
    let range = text(headers, header::CONTENT_RANGE).and_then(content_range::parse);
    matches!(range, Some(ContentRange::Bytes(..)))
}

/// Returns the name in `Content-Disposition`.
fn content_name(headers: &HeaderMap) -> Option<String> {
    dispositions(headers).find_map(content_disposition::file_name)
}

fn dispositions(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let fields = headers.get_all(header::CONTENT_DISPOSITION).iter();
    fields.map(ureq::http::HeaderValue::as_bytes)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Mismatch> {
    // Content-Length does not apply to a chunked body (RFC 9112, 6.3).
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(None);
    }
    let mut length = None;
    for field in headers.get_all(header::CONTENT_LENGTH) {
        let text = field.to_str().map_err(|_| Mismatch::InvalidLength)?;
        // Some servers and proxies repeat the length (RFC 9110, 8.6).
        for number in text.split(',') {
            let number = number.trim().parse();
            let number: u64 = number.map_err(|_| Mismatch::InvalidLength)?;
            if *length.get_or_insert(number) != number {
                return Err(Mismatch::InvalidLength);
            }
        }
    }
    Ok(length)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    // The clock of the server, because that of this machine may be wrong.
    let date = text(headers, header::DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let now = date.unwrap_or_else(SystemTime::now);
    retry_after::parse(text(headers, header::RETRY_AFTER)?, now)
}

#[cfg(test)]
mod tests;
