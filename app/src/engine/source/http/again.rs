//! The next request over a connection that has brought an answer, without the agent.
//!
//! The agent takes as long for a small file as all the rest of this program. What it is needed for (proxies,
//! making connections, bodies in chunks, whatever servers may say beside) is done once a connection: the next
//! answer over it is nearly always as plain as the first. Where it is not, the agent asks anew.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use ureq::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version, header};
use ureq::{Error, Timeout};

use super::HttpUrl;
use super::agent::{HEAD_TIMEOUT, MAX_HEAD, USER_AGENT};
use super::line::Line;
use super::socket::Socket;
use super::transport::failed;

/// Room for a head and what comes with it, in bytes: at first, and how much it grows.
const ROOM: usize = 32 * 1024;
/// The most header fields of an answer that is plain.
const MOST_FIELDS: usize = 64;

/// A body of known length that begins in what came with its head.
pub(super) struct Begun {
    pub socket: Arc<Socket>,
    /// What came.
    pub room: Vec<u8>,
    /// Where in it the body begins, and what came ends.
    pub from: usize,
    pub to: usize,
    pub len: u64,
}

/// Asks for `url`, of this `range`, over `socket`, which leads there. `None` where the answer is not plain.
///
/// # Errors
/// Those that the agent would have.
pub(super) fn ask(
    line: &Line,
    socket: Arc<Socket>,
    url: &HttpUrl,
    range: Option<&str>,
) -> Result<Option<Response<Begun>>, Error> {
    line.leads_to(&socket);
    line.speaks_over(&socket);
    let until = Instant::now() + HEAD_TIMEOUT;
    socket
        .send(head(url, range).as_bytes())
        .map_err(Error::Io)?;
    let (mut room, mut to) = (line.take_room(), 0);
    loop {
        if to == room.len() {
            if to >= MAX_HEAD {
                return Err(Error::LargeResponseHeader(to, MAX_HEAD));
            }
            room.resize(to + ROOM, 0);
        }
        let came = socket.read(Some(until), 1, &mut room[to..]);
        match came.map_err(|error| failed(error, Some(until), Timeout::RecvResponse))? {
            0 => return Err(Error::Io(io::ErrorKind::UnexpectedEof.into())),
            len => to += len,
        }
        match plain(&room[..to]) {
            Read::Plain(answer, from) => {
                let len = answer.body().unwrap_or(0);
                line.has_buffered(to - from);
                return Ok(Some(answer.map(|_| Begun {
                    socket,
                    room,
                    from,
                    to,
                    len,
                })));
            }
            Read::Partly => {}
            Read::Otherwise => return Ok(None),
        }
    }
}

/// The request, as the agent would write it.
fn head(url: &HttpUrl, range: Option<&str>) -> String {
    let (path, host) = (url.path_and_query(), url.server());
    let mut head = String::with_capacity(256);
    for part in [
        "GET ",
        path,
        " HTTP/1.1\r\naccept-encoding: identity\r\nuser-agent: ",
    ] {
        head += part;
    }
    for part in [USER_AGENT, "\r\naccept: */*\r\nhost: ", host, "\r\n"] {
        head += part;
    }
    if let Some(range) = range {
        for part in ["range: ", range, "\r\n"] {
            head += part;
        }
    }
    head + "\r\n"
}

/// What came of an answer.
enum Read {
    /// Its head, with the length of its body, which begins there.
    Plain(Response<Option<u64>>, usize),
    /// Not all of its head.
    Partly,
    /// One that is left to the agent.
    Otherwise,
}

fn plain(came: &[u8]) -> Read {
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

    #[test]
    fn a_request_names_host_and_path_and_no_password() {
        let url: HttpUrl = "http://me:secret@h.org:81/a%20b?c=d#e".parse().unwrap();
        let head = head(&url, Some("bytes=0-"));
        assert!(head.starts_with("GET /a%20b?c=d HTTP/1.1\r\n"), "{head}");
        assert!(
            head.contains("\r\nhost: h.org:81\r\n")
                && head.ends_with("\r\nrange: bytes=0-\r\n\r\n")
        );
        assert!(!head.contains("secret"));
    }
}
