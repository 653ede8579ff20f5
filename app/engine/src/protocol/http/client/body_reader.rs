//! Reads the body of a response: through ureq or, if its length is known, past it from the socket.
//!
//! ureq copies what it reads, and has buffered no more of a body than arrived with the head. The
//! rest arrives over the socket exactly as it belongs in the file. So it is read from there, on
//! Linux with `splice` where the bytes need not be seen: one copy instead of three. Chunked bodies
//! and responses through a proxy go through ureq.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use ureq::{Body, Error, Timeout};

use super::packet_train_probe;
use super::request_without_ureq::BufferedBody;
use crate::model::http_url::HttpUrl;
use crate::protocol::http::transport::socket::Socket;
use crate::protocol::http::transport::socket_handle::SocketHandle;
use crate::protocol::net::tcp;
use crate::scheduling::packet_train::PacketTrain;
use crate::storage::splice::Splice;

/// Up to this length most of a body arrives with its head, in bytes.
const SHORT_BODY: u64 = 64 * 1024;

/// The place where a body begins.
pub(crate) enum BodySource {
    /// In the buffers of ureq.
    Ureq(Body),
    /// In the buffer of [`super::request_without_ureq`].
    Buffered(BufferedBody),
}

/// Reads one body.
pub(crate) struct BodyReader {
    /// `None` once the rest is read past ureq.
    ureq: Option<ureq::BodyReader<'static>>,
    /// The beginning of a body that ureq does not know, and the range of it that is not read.
    buffered: Vec<u8>,
    unread: Range<usize>,
    /// The socket that carries the body, if it can be read past ureq.
    socket: Option<Arc<Socket>>,
    transport: SocketHandle,
    /// Bytes left to read, if the length is known.
    left: u64,
    is_sized: bool,
    /// True if the connection may carry another response.
    keep_alive: bool,
}

impl BodyReader {
    /// Reads the body of a response from `url` over `transport`; `keep_alive` if the connection may
    /// carry another one.
    pub fn new(
        source: BodySource,
        url: &HttpUrl,
        transport: &SocketHandle,
        keep_alive: bool,
    ) -> Self {
        let transport = transport.clone();
        match source {
            BodySource::Ureq(body) => {
                let len = body.content_length();
                Self {
                    ureq: Some(body.into_reader()),
                    buffered: Vec::new(),
                    unread: 0..0,
                    socket: len.and_then(|_| transport.direct(&url.origin())),
                    transport,
                    left: len.unwrap_or(0),
                    is_sized: len.is_some(),
                    keep_alive,
                }
            }
            BodySource::Buffered(body) => Self {
                ureq: None,
                buffered: body.buf,
                unread: body.received,
                socket: Some(body.socket),
                transport,
                left: body.len,
                is_sized: true,
                keep_alive,
            },
        }
    }

    /// Samples the packet train at the beginning of the body, before anything was read. `None` if
    /// it allows no estimate.
    pub fn packet_train(&self) -> Option<PacketTrain> {
        let socket = self.socket.as_ref()?;
        packet_train_probe::sample(socket, self.transport.buffered())
    }

    /// Returns whether most of the body can be spliced. Most of a short one has arrived with the
    /// head.
    pub fn can_splice(&self) -> bool {
        let socket = self.socket.as_ref().filter(|_| self.left > SHORT_BODY);
        socket.is_some_and(|socket| !socket.is_tls())
    }

    /// Returns whether the length of the body is known.
    pub fn is_sized(&self) -> bool {
        self.is_sized
    }

    /// Returns the connection that carries the body.
    pub fn connection(&self) -> Option<Arc<Socket>> {
        self.socket.clone().or_else(|| self.transport.socket())
    }

    /// Returns the socket, once all buffered bytes of the body are read.
    fn bare_socket(&mut self) -> Option<Arc<Socket>> {
        let socket = self.socket.as_ref().filter(|_| self.unread.is_empty())?;
        if self.ureq.is_some() {
            if self.transport.buffered() > 0 {
                return None;
            }
            self.ureq = None;
        }
        Some(Arc::clone(socket))
    }

    /// Moves up to `max` bytes from the socket into the empty `splice`. Returns their number, or
    /// `None` if the next bytes must be read.
    ///
    /// # Errors
    /// Those of [`Read::read`].
    pub fn splice(&mut self, splice: &mut Splice, max: usize) -> Option<io::Result<usize>> {
        let socket = self.bare_socket()?;
        let max = self.at_most_left(max);
        let moved = socket.receive(None, 1, |stream| splice.fill(stream, max));
        Some(self.count(moved))
    }

    /// Reads the first bytes of the body, at most `max`, and keeps them for the next read.
    ///
    /// # Errors
    /// Those of [`Read::read`].
    pub fn peek(&mut self, max: usize) -> io::Result<&[u8]> {
        if self.unread.len() < max {
            let mut beginning = vec![0; max];
            let (mut len, mut end) = (0, Ok(()));
            while len < max {
                match self.read(&mut beginning[len..]) {
                    Ok(0) => break,
                    Ok(read) => len += read,
                    Err(error) => {
                        end = Err(error);
                        break;
                    }
                }
            }
            if self.is_sized {
                self.left += len as u64;
            }
            (self.buffered, self.unread) = (beginning, 0..len);
            end?;
        }
        let unread = &self.buffered[self.unread.clone()];
        Ok(&unread[..unread.len().min(max)])
    }

    fn at_most_left(&self, len: usize) -> usize {
        usize::try_from(self.left).map_or(len, |left| left.min(len))
    }

    /// Counts bytes received from the socket, and converts its errors to those of ureq.
    fn count(&mut self, len: io::Result<usize>) -> io::Result<usize> {
        let len = len.map_err(|error| {
            if tcp::is_timeout(&error) {
                return io::Error::other(Error::Timeout(Timeout::PerRead));
            }
            error
        })?;
        if len == 0 {
            return Err(io::Error::other(Error::BodyStalled));
        }
        self.left = self.left.saturating_sub(len as u64);
        Ok(len)
    }

    /// Ends a body that was read to its length. Returns whether the connection can carry another
    /// request, or `None` if the body continues.
    pub fn finish(mut self) -> Option<bool> {
        let is_complete = self.left == 0 && self.bare_socket().is_some();
        if let Some(ureq) = self.ureq.as_mut().filter(|_| !is_complete) {
            // ureq keeps the connection once it has read the end.
            let is_at_end = matches!(ureq.read(&mut [0]), Ok(0) | Err(_));
            return is_at_end.then_some(self.keep_alive);
        }
        let socket = self.socket.take_if(|_| self.keep_alive && is_complete);
        let is_kept = socket.is_some();
        if let Some(socket) = socket {
            self.transport.keep_idle(socket);
        }
        if !self.buffered.is_empty() {
            self.transport.return_head_buf(self.buffered);
        }
        Some(is_kept)
    }
}

impl Read for BodyReader {
    /// # Errors
    /// Those of ureq, also for bytes that are read past it.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.unread.is_empty() {
            let max = match self.is_sized {
                true => self.at_most_left(buf.len()),
                false => buf.len(),
            };
            let len = max.min(self.unread.len());
            let start = self.unread.start;
            buf[..len].copy_from_slice(&self.buffered[start..start + len]);
            self.unread.start += len;
            self.left = self.left.saturating_sub(len as u64);
            return Ok(len);
        }
        if let Some(socket) = self.bare_socket() {
            let max = self.at_most_left(buf.len());
            if max == 0 {
                return Ok(0);
            }
            // Without TLS every received byte can be used at once.
            let low_water = match socket.is_tls() {
                true => self.transport.low_water(),
                false => 1,
            };
            let len = socket.read(None, low_water, &mut buf[..max]);
            return self.count(len);
        }
        let Some(ureq) = &mut self.ureq else {
            return Ok(0);
        };
        let len = ureq.read(buf)?;
        self.left = self.left.saturating_sub(len as u64);
        Ok(len)
    }
}
