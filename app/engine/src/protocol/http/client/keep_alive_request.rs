//! The next request over a connection that has brought an answer, without the agent.
//!
//! The agent takes as long for a small file as all the rest of this program. What it is needed for (proxies,
//! making connections, bodies in chunks, whatever servers may say beside) is done once a connection: the next
//! answer over it is nearly always as plain as the first. Where it is not, the agent asks anew.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use ureq::http::Response;
use ureq::{Error, Timeout};

use crate::model::http_url::HttpUrl;
use crate::protocol::http::parse::response_head::{Read, plain};
use crate::protocol::http::transport::connection_state::TransportState;
use crate::protocol::http::transport::socket::Socket;
use crate::protocol::http::transport::ureq_agent::{HEAD_TIMEOUT, MAX_HEAD, USER_AGENT};
use crate::protocol::http::transport::ureq_transport::failed;

/// Room for a head and what comes with it, in bytes: at first, and how much it grows.
const ROOM: usize = 32 * 1024;

/// A body of known length that begins in what came with its head.
pub(crate) struct BufferedBody {
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
pub(crate) fn ask(
    line: &TransportState,
    socket: Arc<Socket>,
    url: &HttpUrl,
    range: Option<&str>,
) -> Result<Option<Response<BufferedBody>>, Error> {
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
                return Ok(Some(answer.map(|_| BufferedBody {
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
    let range = range.map_or_else(String::new, |range| format!("range: {range}\r\n"));
    format!(
        "GET {path} HTTP/1.1\r\naccept-encoding: identity\r\nuser-agent: {USER_AGENT}\r\n\
         accept: */*\r\nhost: {host}\r\n{range}\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
