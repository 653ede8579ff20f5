//! The head of an answer, where it is as plain as nearly all are: a length, or a body that nobody reads.
//! Without I/O.

use ureq::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version, header};

/// The most header fields of an answer that is plain.
const MOST_FIELDS: usize = 64;

/// What came of an answer.
pub enum Read {
    /// Its head, with the length of its body, which begins there.
    Plain(Response<Option<u64>>, usize),
    /// Not all of its head.
    Partly,
    /// One that is left to the agent.
    Otherwise,
}

/// Reads `came`, all that has come since the request.
pub fn plain(came: &[u8]) -> Read {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut parsed = httparse::Response::new(&mut fields);
    match parsed.parse(came) {
        Ok(httparse::Status::Complete(from)) => {
            understood(&parsed).map_or(Read::Otherwise, |answer| Read::Plain(answer, from))
        }
        Ok(httparse::Status::Partial) => Read::Partly,
        Err(_) => Read::Otherwise,
    }
}

/// The head of an answer that has a length, or a body that nobody reads.
fn understood(parsed: &httparse::Response<'_, '_>) -> Option<Response<Option<u64>>> {
    let status = StatusCode::from_u16(parsed.code?).ok()?;
    let mut fields = HeaderMap::with_capacity(parsed.headers.len());
    for field in &*parsed.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        fields.append(name, HeaderValue::from_bytes(field.value).ok()?);
    }
    let len = len(&fields);
    let is_file = matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    if status.as_u16() < 300 && !(is_file && len.is_some()) {
        return None;
    }
    let mut answer = Response::new(len);
    *answer.status_mut() = status;
    *answer.headers_mut() = fields;
    if parsed.version? == 0 {
        *answer.version_mut() = Version::HTTP_10;
    }
    Some(answer)
}

/// The length of a body, where nothing else could be meant (RFC 9112, 6.3).
fn len(fields: &HeaderMap) -> Option<u64> {
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

    fn read(head: &str) -> String {
        match plain(head.as_bytes()) {
            Read::Plain(answer, from) => {
                let rest = &head[from..];
                format!("{} {:?} {rest}", answer.status().as_u16(), answer.body())
            }
            Read::Partly => "partly".into(),
            Read::Otherwise => "otherwise".into(),
        }
    }

    #[test]
    fn only_plain_answers_are_understood_here() {
        for (head, expected) in [
            (
                "HTTP/1.1 206 P\r\ncontent-length: 3\r\n\r\nabc",
                "206 Some(3) abc",
            ),
            (
                "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                "200 Some(0) ",
            ),
            ("HTTP/1.1 404 No\r\n\r\nrest", "404 None rest"),
            ("HTTP/1.1 302 F\r\nlocation: /x\r\n\r\n", "302 None "),
            ("HTTP/1.1 200 OK\r\ncontent-le", "partly"),
            ("HTTP/1.1 200 OK\r\n\r\n", "otherwise"),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                "otherwise",
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n",
                "otherwise",
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\n",
                "otherwise",
            ),
            ("HTTP/1.1 200 OK\r\ncontent-length: +3\r\n\r\n", "otherwise"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
                "otherwise",
            ),
            ("HTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\n", "otherwise"),
            ("HTTP/1.1 103 Early\r\nlink: x\r\n\r\n", "otherwise"),
            ("SSH-2.0-OpenSSH\r\n", "otherwise"),
        ] {
            assert_eq!(read(head), expected, "{head:?}");
        }
    }
}
