//! The head of a request: its end and its fields (RFC 9112).

use super::conditions::Conditions;
use super::header_fields::HeaderFields;
use super::invalid_request::InvalidRequest;
use super::request_line::{Method, RequestLine, is_token_byte};
use super::target::Target;

/// Maximum length of the request line, in bytes (8 KiB).
const MAX_LINE_LEN: usize = 8 * 1024;
/// Maximum length of a request head, in bytes (32 KiB).
pub const MAX_HEAD_LEN: usize = 32 * 1024;
/// Maximum length of the empty lines before a head, in bytes.
const MAX_EMPTY_LEN: usize = 16;
/// Maximum number of header fields.
pub const MAX_FIELDS: usize = 100;
/// Maximum length of a request body that is read and discarded, in bytes (64 KiB). The connection
/// is closed instead of reading a longer body.
pub const MAX_DISCARDED_BODY: u64 = 64 * 1024;

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The target.
    pub target: Target,
    /// Host of the target, or else the `Host` field; `None` if it is absent or empty.
    pub host: Option<String>,
    /// True for HTTP/1.0, false for a later 1.x.
    pub is_http10: bool,
    /// True if the connection stays open for another request.
    pub keep_alive: bool,
    /// True if the client waits for a response before it sends the body.
    pub expects_continue: bool,
    /// Length of the request body, in bytes.
    pub body_len: u64,
    /// Conditions under which the method applies.
    pub conditions: Conditions,
    /// Value of the `Range` header.
    pub range: Option<String>,
    /// True if `Want-Repr-Digest` lists SHA-256 (RFC 9530).
    pub wants_sha256: bool,
}

/// Returns the length of the head at the start of `bytes`, including the empty line at its end;
/// `None` while it is incomplete. The first `searched` bytes were passed to an earlier call.
///
/// # Errors
/// As soon as the bytes cannot become a head.
pub fn head_len(bytes: &[u8], searched: usize) -> Result<Option<usize>, InvalidRequest> {
    let start = empty_lines_len(bytes);
    match bytes.get(start) {
        _ if start > MAX_EMPTY_LEN => return Err(InvalidRequest::EmptyLines),
        // The content type of a TLS handshake record.
        Some(0x16) => return Err(InvalidRequest::Tls),
        Some(first) if !is_token_byte(*first) => return Err(InvalidRequest::NotHttp),
        _ => {}
    }
    let head = &bytes[start..];
    // A head ends with up to four bytes, "\r\n\r\n", of which three may have been searched.
    let from = searched.saturating_sub(start + 3);
    for (at, _) in head
        .iter()
        .enumerate()
        .skip(from)
        .filter(|(_, byte)| **byte == b'\n')
    {
        let end = match &head[at + 1..] {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => continue,
        };
        return check_len(&head[..at]).map(|()| Some(start + at + 1 + end));
    }
    check_len(head).map(|()| None)
}

/// Returns the length of the empty lines before a request. Some clients send one after a body.
fn empty_lines_len(bytes: &[u8]) -> usize {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    bytes.iter().take_while(|byte| is_end(byte)).count()
}

fn check_len(head: &[u8]) -> Result<(), InvalidRequest> {
    let line = head
        .iter()
        .take(MAX_LINE_LEN + 1)
        .take_while(|byte| **byte != b'\n');
    if line.count() > MAX_LINE_LEN {
        return Err(InvalidRequest::LineTooLong(MAX_LINE_LEN));
    }
    if head.len() > MAX_HEAD_LEN {
        return Err(InvalidRequest::HeadTooLong(MAX_HEAD_LEN));
    }
    Ok(())
}

impl Request {
    /// Parses a complete head, as [`head_len`] measured it.
    ///
    /// # Errors
    /// If the head is invalid or too long, or the length of the request body is unknown.
    pub fn parse(head: &[u8]) -> Result<Self, InvalidRequest> {
        let head = &head[empty_lines_len(head)..];
        let end = head.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or(InvalidRequest::Incomplete)?;
        let (line, rest) = (&head[..end], &head[end + 1..]);
        let line = RequestLine::parse(line.strip_suffix(b"\r").unwrap_or(line))?;
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let fields = match httparse::parse_headers(rest, &mut fields) {
            Ok(httparse::Status::Complete((len, fields))) if len == rest.len() => fields,
            Ok(_) => return Err(InvalidRequest::Incomplete),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(InvalidRequest::TooManyFields(MAX_FIELDS));
            }
            Err(error) => return Err(InvalidRequest::Field(error)),
        };
        let fields = HeaderFields::new(fields);
        let (target, target_host) = Target::parse(line.target)?;
        check_host(&fields, target_host, line.is_http10)?;
        // A host in the target replaces the field (RFC 9112, section 3.2.2).
        let host = target_host.map(str::to_owned).or(fields.value("host"));
        let body_len = body_len(&fields, line.is_http10)?;
        let expects_continue = expects_continue(&fields, line.is_http10)?;
        let connection = fields.list("connection");
        let has_option = |name: &str| connection.iter().any(|option| option == name);
        let keep_alive = !has_option("close") && (!line.is_http10 || has_option("keep-alive"));
        Ok(Self {
            method: line.method,
            target,
            host: host.filter(|host| !host.is_empty()),
            is_http10: line.is_http10,
            // The start of the next request is unknown if the server does not read the body.
            keep_alive: keep_alive && !expects_continue && body_len <= MAX_DISCARDED_BODY,
            expects_continue,
            body_len,
            conditions: Conditions {
                if_match: fields.value("if-match"),
                if_none_match: fields.value("if-none-match"),
                if_modified_since: fields.value("if-modified-since"),
                if_unmodified_since: fields.value("if-unmodified-since"),
                if_range: fields.value("if-range"),
            },
            range: fields.value("range"),
            wants_sha256: wants_sha256(&fields),
        })
    }
}

/// Checks that a request names its host exactly once (RFC 9112, section 3.2). The name itself does
/// not matter here: the server has one set of files. See [`is_local_host`].
///
/// [`is_local_host`]: super::is_local_host
fn check_host(
    fields: &HeaderFields<'_>,
    target_host: Option<&str>,
    is_http10: bool,
) -> Result<(), InvalidRequest> {
    let hosts: Vec<_> = fields.lines("host").collect();
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "/?#@,\\\"<>".contains(c);
    match hosts.as_slice() {
        [] if !is_http10 => Err(InvalidRequest::MissingHost),
        [_, _, ..] => Err(InvalidRequest::SeveralHosts),
        hosts if hosts.iter().any(|host| host.contains(is_odd)) => Err(InvalidRequest::Host),
        _ if target_host.is_some_and(|host| host.is_empty() || host.contains(is_odd)) => {
            Err(InvalidRequest::TargetHost)
        }
        _ => Ok(()),
    }
}

/// Returns the length of the request body (RFC 9112, section 6.3).
fn body_len(fields: &HeaderFields<'_>, is_http10: bool) -> Result<u64, InvalidRequest> {
    let codings = fields.list("transfer-encoding");
    let has_coding = fields.lines("transfer-encoding").next().is_some();
    let lengths = fields.list("content-length");
    let has_length = fields.lines("content-length").next().is_some();
    if has_coding {
        if has_length || is_http10 {
            return Err(InvalidRequest::AmbiguousBody);
        }
        return Err(if codings == ["chunked"] {
            InvalidRequest::ChunkedBody
        } else {
            InvalidRequest::TransferEncoding
        });
    }
    let Some(first) = lengths.first() else {
        return if has_length {
            Err(InvalidRequest::ContentLength)
        } else {
            Ok(0)
        };
    };
    if !first.bytes().all(|byte| byte.is_ascii_digit()) || lengths.iter().any(|one| one != first) {
        return Err(InvalidRequest::ContentLength);
    }
    first
        .parse()
        .map_err(|_| InvalidRequest::ContentLengthOutOfRange)
}

/// Returns whether the client waits for a response before it sends the body (RFC 9110, section
/// 10.1.1).
fn expects_continue(fields: &HeaderFields<'_>, is_http10: bool) -> Result<bool, InvalidRequest> {
    let expected = fields.list("expect");
    if is_http10 || expected.is_empty() {
        return Ok(false);
    }
    if expected == ["100-continue"] {
        return Ok(true);
    }
    Err(InvalidRequest::Expectation)
}

/// Returns whether `Want-Repr-Digest` lists SHA-256 with a weight other than zero.
fn wants_sha256(fields: &HeaderFields<'_>) -> bool {
    fields.list("want-repr-digest").iter().any(|preference| {
        let (name, weight) = preference.split_once('=').unwrap_or((preference, "1"));
        name.trim() == "sha-256" && weight.trim() != "0"
    })
}

#[cfg(test)]
mod tests;
