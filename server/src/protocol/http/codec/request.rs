//! The head of a request: where it ends, and what it says (RFC 9112).

use super::header_fields::Fields;
use super::request_line::{RequestLine, is_token_byte};
use super::{Conditions, Status, Target};

/// How long the first line may be, in bytes (8 KiB).
const MAX_LINE_LEN: usize = 8 * 1024;
/// How long a head may be, in bytes (32 KiB).
pub const MAX_HEAD_LEN: usize = 32 * 1024;
/// How many bytes of empty lines may stand before a head.
const MAX_EMPTY_LEN: usize = 16;
/// How many fields a head may have.
pub const MAX_FIELDS: usize = 100;
/// How long the body of a request may be that is read and thrown away, in bytes (64 KiB): nobody
/// here wants one.
pub const MAX_DISCARDED_BODY: u64 = 64 * 1024;

/// What cannot be read as a request. The connection ends with the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidRequest {
    /// How it is answered.
    pub status: Status,
    /// Why.
    pub message: String,
}

impl InvalidRequest {
    /// It is answered with this status, because of this.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, message }
    }

    fn bad(message: impl Into<String>) -> Self {
        Self::new(Status::BadRequest, message)
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Send it.
    Get,
    /// Send its head only.
    Head,
    /// Something that is not done with files here.
    NotAllowed,
    /// Something that nobody here knows.
    Unknown,
}

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is to be done.
    pub method: Method,
    /// With what.
    pub target: Target,
    /// Whether the client speaks HTTP/1.0.
    pub is_http10: bool,
    /// Whether the connection stays open for another request.
    pub keep_alive: bool,
    /// Whether the client waits for a word before it sends the body.
    pub expects_continue: bool,
    /// How many bytes of a body follow the head.
    pub body_len: u64,
    /// If at all.
    pub conditions: Conditions,
    /// Which bytes.
    pub range: Option<String>,
    /// Whether the client wants to know the file's SHA-256 (RFC 9530).
    pub wants_sha256: bool,
}

/// The length of the head that `bytes` begin with, including the empty line at its end; `None`
/// while that has not come. The first `searched` bytes were searched before.
///
/// # Errors
/// As soon as it is certain that no head will come of it.
pub fn head_len(bytes: &[u8], searched: usize) -> Result<Option<usize>, InvalidRequest> {
    let start = empty_lines_len(bytes);
    match bytes.get(start) {
        _ if start > MAX_EMPTY_LEN => {
            return Err(InvalidRequest::bad(
                "this is no HTTP request but empty lines",
            ));
        }
        Some(0x16) => {
            return Err(InvalidRequest::bad("this server speaks http, not https"));
        }
        Some(first) if !is_token_byte(*first) => {
            return Err(InvalidRequest::bad("this is no HTTP request"));
        }
        _ => {}
    }
    let head = &bytes[start..];
    // An end that has come in part is one or two bytes back.
    let from = searched.saturating_sub(start + 3);
    for (at, _) in head
        .iter()
        .enumerate()
        .skip(from)
        .filter(|(_, byte)| **byte == b'\n')
    {
        let behind = &head[at + 1..];
        let end = match behind {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => continue,
        };
        return too_long(&head[..at]).map(|()| Some(start + at + 1 + end));
    }
    too_long(head).map(|()| None)
}

/// How many empty lines stand before a request: some clients send one behind a body.
fn empty_lines_len(bytes: &[u8]) -> usize {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    bytes.iter().take_while(|byte| is_end(byte)).count()
}

fn too_long(head: &[u8]) -> Result<(), InvalidRequest> {
    let line = head
        .iter()
        .take(MAX_LINE_LEN + 1)
        .take_while(|byte| **byte != b'\n');
    if line.count() > MAX_LINE_LEN {
        let message = format!("the target is longer than {MAX_LINE_LEN} bytes");
        return Err(InvalidRequest::new(Status::UriTooLong, message));
    }
    if head.len() > MAX_HEAD_LEN {
        let message = format!("the head of the request is longer than {MAX_HEAD_LEN} bytes");
        return Err(InvalidRequest::new(Status::HeaderFieldsTooLarge, message));
    }
    Ok(())
}

impl Request {
    /// Reads a whole head, as [`head_len`] measured it.
    ///
    /// # Errors
    /// When it is no request, one that is too long, or one whose body has no known length.
    pub fn parse(head: &[u8]) -> Result<Self, InvalidRequest> {
        let head = &head[empty_lines_len(head)..];
        let end = head.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or_else(|| InvalidRequest::bad("the request has no end"))?;
        let (line, rest) = (&head[..end], &head[end + 1..]);
        let line = RequestLine::parse(line.strip_suffix(b"\r").unwrap_or(line))?;
        let mut room = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let fields = match httparse::parse_headers(rest, &mut room) {
            Ok(httparse::Status::Complete((len, fields))) if len == rest.len() => fields,
            Ok(_) => return Err(InvalidRequest::bad("the head of the request has no end")),
            Err(httparse::Error::TooManyHeaders) => {
                let message = format!("the request has more than {MAX_FIELDS} fields");
                return Err(InvalidRequest::new(Status::HeaderFieldsTooLarge, message));
            }
            Err(error) => {
                return Err(InvalidRequest::bad(format!(
                    "the request has a wrong field: {error}"
                )));
            }
        };
        let fields = Fields::new(fields);
        let (target, named_host) = Target::parse(line.target).map_err(InvalidRequest::bad)?;
        check_host(&fields, named_host, line.is_http10)?;
        let body_len = body_len(&fields, line.is_http10)?;
        let expects_continue = expectation(&fields, line.is_http10)?;
        let connection = fields.list("connection");
        let says = |word: &str| connection.iter().any(|option| option == word);
        let keep_alive = !says("close") && (!line.is_http10 || says("keep-alive"));
        Ok(Self {
            method: line.method,
            target,
            is_http10: line.is_http10,
            // A body that nobody reads leaves nobody to say where the next request begins.
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

/// A request says which host it means, exactly once (RFC 9112 section 3.2). Any will do: the
/// server has one set of files.
fn check_host(
    fields: &Fields<'_>,
    named: Option<&str>,
    is_http10: bool,
) -> Result<(), InvalidRequest> {
    let hosts: Vec<_> = fields.lines("host").collect();
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/?#@,\\\"<>".contains(c);
    match hosts.as_slice() {
        [] if !is_http10 => Err(InvalidRequest::bad("the request has no Host field")),
        [_, _, ..] => Err(InvalidRequest::bad(
            "the request has more than one Host field",
        )),
        hosts if hosts.iter().any(|host| host.contains(odd)) => {
            Err(InvalidRequest::bad("the Host field is none"))
        }
        _ if named.is_some_and(|host| host.is_empty() || host.contains(odd)) => {
            Err(InvalidRequest::bad("the target names no host"))
        }
        _ => Ok(()),
    }
}

/// How many bytes of a body follow (RFC 9112 section 6.3).
fn body_len(fields: &Fields<'_>, is_http10: bool) -> Result<u64, InvalidRequest> {
    let codings = fields.list("transfer-encoding");
    let has_coding = fields.lines("transfer-encoding").next().is_some();
    let lengths = fields.list("content-length");
    let has_length = fields.lines("content-length").next().is_some();
    if has_coding {
        if has_length || is_http10 {
            return Err(InvalidRequest::bad(
                "it is not clear where the request's body ends",
            ));
        }
        return Err(if codings == ["chunked"] {
            let message = "this server takes no body whose length is not known before";
            InvalidRequest::new(Status::LengthRequired, message)
        } else {
            let message = "this server does not know the Transfer-Encoding";
            InvalidRequest::new(Status::NotImplemented, message)
        });
    }
    let Some(first) = lengths.first() else {
        return if has_length {
            Err(InvalidRequest::bad("the Content-Length is none"))
        } else {
            Ok(0)
        };
    };
    if !first.bytes().all(|byte| byte.is_ascii_digit()) || lengths.iter().any(|one| one != first) {
        return Err(InvalidRequest::bad("the Content-Length is none"));
    }
    first.parse().map_err(|_| {
        let message = "no body is that long";
        InvalidRequest::new(Status::ContentTooLarge, message)
    })
}

/// Whether the client waits for a word before it sends the body (RFC 9110 section 10.1.1).
fn expectation(fields: &Fields<'_>, is_http10: bool) -> Result<bool, InvalidRequest> {
    let expected = fields.list("expect");
    if is_http10 || expected.is_empty() {
        return Ok(false);
    }
    if expected == ["100-continue"] {
        return Ok(true);
    }
    let message = "this server knows no expectation but 100-continue";
    Err(InvalidRequest::new(Status::ExpectationFailed, message))
}

/// Whether the SHA-256 is among what `Want-Repr-Digest` asks for, with a weight that is not zero.
fn wants_sha256(fields: &Fields<'_>) -> bool {
    fields.list("want-repr-digest").iter().any(|wish| {
        let (name, weight) = wish.split_once('=').unwrap_or((wish, "1"));
        name.trim() == "sha-256" && weight.trim() != "0"
    })
}

#[cfg(test)]
mod tests;
