//! Parses simple response heads, as nearly all are: a body of known length, or an error status
//! whose body is not read. Everything else is left to ureq.

use ureq::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version, header};

use super::head_normalizer;
use super::head_scanner::{HeadEnd, HeadScanner};

/// Limit of header fields in a simple head; a normalized one seldom has more.
const MAX_FIELDS: usize = 128;

/// A parsed response head.
pub enum ResponseHead {
    /// A simple head with the length of its body, and the offset where the body begins.
    Simple(Response<Option<u64>>, usize),
    /// An incomplete head.
    Incomplete,
    /// A head that is left to ureq.
    Complex,
}

/// Parses `received`, all bytes since the request, of which `scanner` has seen those that arrived
/// earlier.
pub fn parse(received: &[u8], scanner: &mut HeadScanner) -> ResponseHead {
    let body_at = match scanner.scan(received) {
        HeadEnd::At(end) => end,
        HeadEnd::Incomplete => return ResponseHead::Incomplete,
        HeadEnd::NotHttp => return ResponseHead::Complex,
    };
    let head = head_normalizer::normalize(&received[..body_at]);
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Response::new(&mut fields);
    match parsed.parse(&head) {
        Ok(httparse::Status::Complete(_)) => match simple(&parsed) {
            Some(response) => ResponseHead::Simple(response, body_at),
            None => ResponseHead::Complex,
        },
        Ok(httparse::Status::Partial) | Err(_) => ResponseHead::Complex,
    }
}

/// Converts a head with a body of known length, or with a status whose body is not read.
fn simple(parsed: &httparse::Response<'_, '_>) -> Option<Response<Option<u64>>> {
    let status = StatusCode::from_u16(parsed.code?).ok()?;
    let mut fields = HeaderMap::with_capacity(parsed.headers.len());
    for field in &*parsed.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        fields.append(name, HeaderValue::from_bytes(field.value).ok()?);
    }
    let len = body_len(&fields);
    let is_file = matches!(status.as_u16(), 200 | 203 | 206);
    if status.as_u16() < 300 && !(is_file && len.is_some()) {
        return None;
    }
    let mut response = Response::new(len);
    *response.status_mut() = status;
    *response.headers_mut() = fields;
    if parsed.version? == 0 {
        *response.version_mut() = Version::HTTP_10;
    }
    Some(response)
}

/// Returns the length of the body if it is unambiguous (RFC 9112, 6.3).
fn body_len(fields: &HeaderMap) -> Option<u64> {
    let mut all = fields.get_all(header::CONTENT_LENGTH).iter();
    let (text, second) = (all.next()?.as_bytes(), all.next());
    let is_plain = second.is_none() && !fields.contains_key(header::TRANSFER_ENCODING);
    if !is_plain || text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(head: &str) -> String {
        match parse(head.as_bytes(), &mut HeadScanner::default()) {
            ResponseHead::Simple(response, body_at) => {
                let (status, body) = (response.status().as_u16(), &head[body_at..]);
                format!("{status} {:?} {body}", response.body())
            }
            ResponseHead::Incomplete => "incomplete".into(),
            ResponseHead::Complex => "complex".into(),
        }
    }

    #[test]
    fn only_simple_heads_are_parsed() {
        for (head, expected) in [
            (
                "HTTP/1.1 206 P\r\ncontent-length: 3\r\n\r\nabc",
                "206 Some(3) abc",
            ),
            (
                "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                "200 Some(0) ",
            ),
            (
                "HTTP/1.1 203 N\r\ncontent-length: 3\r\n\r\nabc",
                "203 Some(3) abc",
            ),
            ("HTTP/1.1 404 No\r\n\r\nrest", "404 None rest"),
            ("HTTP/1.1 302 F\r\nlocation: /x\r\n\r\n", "302 None "),
            ("HTTP/1.1 200 OK\r\ncontent-le", "incomplete"),
            ("HTTP/1.1 200 OK\r\n\r\n", "complex"),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                "complex",
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n",
                "complex",
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\n",
                "complex",
            ),
            ("HTTP/1.1 200 OK\r\ncontent-length: +3\r\n\r\n", "complex"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
                "complex",
            ),
            ("HTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\n", "complex"),
            ("HTTP/1.1 103 Early\r\nlink: x\r\n\r\n", "complex"),
            ("SSH-2.0-OpenSSH\r\n", "complex"),
            (
                "HTTP/1.1 200 OK\nX: a\n b\nBad Name: x\nContent-Length : 3\n\nabc",
                "200 Some(3) abc",
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding\0: chunked\r\n\r\n",
                "complex",
            ),
        ] {
            assert_eq!(describe(head), expected, "{head:?}");
        }
    }
}
