//! Fast path: sends the next request on a kept-alive connection without ureq.
//!
//! For a small file ureq takes as long as the rest of this program. It is needed for proxies, for
//! making connections, for chunked bodies and for rare responses. After the first response over a
//! connection the next ones are nearly always simple too. If one is not, ureq sends the request
//! again.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use ureq::http::Response;
use ureq::{Error, Timeout};

use crate::model::http_url::HttpUrl;
use crate::protocol::http::parse::head_scanner::HeadScanner;
use crate::protocol::http::parse::response_head;
use crate::protocol::http::parse::response_head::ResponseHead;
use crate::protocol::http::transport::head_transport::MAX_HEAD_LEN;
use crate::protocol::http::transport::socket::Socket;
use crate::protocol::http::transport::socket_handle::SocketHandle;
use crate::protocol::http::transport::ureq_transport::read_error;
use crate::protocol::http::transport::user_agent::USER_AGENT;
use crate::protocol::http::transport::wait_policy;

/// Initial length of the buffer for a head and the bytes after it, and its growth, in bytes.
const HEAD_BUF_STEP: usize = 32 * 1024;

/// A body of known length, whose beginning arrived with its head.
pub(crate) struct BufferedBody {
    pub socket: Arc<Socket>,
    /// All bytes received since the request.
    pub buf: Vec<u8>,
    /// The range of `buf` that belongs to the body.
    pub received: Range<usize>,
    /// Length of the body in bytes.
    pub len: u64,
}

/// Requests `range` of `url` over `socket`, which leads to its server. Returns `None` if the
/// response is not simple.
///
/// # Errors
/// Those that ureq would return.
pub(crate) fn send(
    transport: &SocketHandle,
    socket: Arc<Socket>,
    url: &HttpUrl,
    range: Option<&str>,
) -> Result<Option<Response<BufferedBody>>, Error> {
    transport.set_socket(&socket);
    transport.set_direct(&socket);
    let mut head_since = None;
    socket
        .send(head(url, range).as_bytes())
        .map_err(Error::Io)?;
    let (mut buf, mut received) = (transport.take_head_buf(), 0);
    let mut scanner = HeadScanner::default();
    loop {
        if received == buf.len() {
            if received >= MAX_HEAD_LEN {
                return Err(Error::LargeResponseHeader(received, MAX_HEAD_LEN));
            }
            buf.resize(received + HEAD_BUF_STEP, 0);
        }
        let limit = head_since.map(|since| wait_policy::head_deadline(since, Instant::now()));
        let (deadline, reason) = limit.unzip();
        let reason = reason.unwrap_or(Timeout::PerRead);
        let read = socket.read(deadline, 1, &mut buf[received..]);
        match read.map_err(|error| read_error(error, deadline, reason))? {
            0 => return Err(Error::Io(io::ErrorKind::UnexpectedEof.into())),
            len => {
                received += len;
                head_since.get_or_insert_with(Instant::now);
            }
        }
        match response_head::parse(&buf[..received], &mut scanner) {
            ResponseHead::Simple(response, body_at) => {
                let len = response.body().unwrap_or(0);
                transport.set_buffered(received - body_at);
                return Ok(Some(response.map(|_| BufferedBody {
                    socket,
                    buf,
                    received: body_at..received,
                    len,
                })));
            }
            ResponseHead::Incomplete => {}
            ResponseHead::Complex => return Ok(None),
        }
    }
}

/// Returns the head of the request, as over a new connection.
fn head(url: &HttpUrl, range: Option<&str>) -> String {
    let (path, host) = (url.path_and_query(), url.server());
    let range = range.map_or_else(String::new, |range| format!("Range: {range}\r\n"));
    format!(
        "GET {path} HTTP/1.1\r\nAccept-Encoding: identity\r\nUser-Agent: {USER_AGENT}\r\n\
         Accept: */*\r\nHost: {host}\r\n{range}\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_contains_host_and_path_but_no_password() {
        let url: HttpUrl = "http://me:secret@h.org:81/a%20b?c=d#e".parse().unwrap();
        let head = head(&url, Some("bytes=0-"));
        assert!(head.starts_with("GET /a%20b?c=d HTTP/1.1\r\n"), "{head}");
        assert!(
            head.contains("\r\nHost: h.org:81\r\n")
                && head.ends_with("\r\nRange: bytes=0-\r\n\r\n")
        );
        assert!(!head.contains("secret"));
    }
}
