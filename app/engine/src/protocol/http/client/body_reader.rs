//! The body of an answer: read through the agent or, where its length is known, past it.
//!
//! The agent copies what it hands over, and has no more of a body than what came with the head. All that
//! follows comes over the socket just as it belongs in the file, so it is taken from there.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use ureq::{Body, Error, Timeout};

use super::keep_alive_request::BufferedBody;
use super::packet_train_probe;
use crate::model::http_url::HttpUrl;
use crate::protocol::http::transport::connection_state::TransportState;
use crate::protocol::http::transport::socket::Socket;
use crate::protocol::net::tcp;
use crate::scheduling::packet_train::PacketTrain;
use crate::storage::splice::Splice;

/// Up to this length most of a body comes with its head, in bytes.
const SHORT: u64 = 64 * 1024;

/// What came of a body with the head of its answer, and who has it.
pub(crate) enum BodySource {
    /// The agent.
    Agents(Body),
    /// Nobody yet.
    BufferedBody(BufferedBody),
}

/// A body, until it is at its end or dropped.
pub(crate) struct BodyReader {
    /// None where it is read past the agent.
    agent: Option<ureq::BodyReader<'static>>,
    /// What came with the head, where the agent has nothing to do with it, and which of it was not read.
    early: Vec<u8>,
    unread: Range<usize>,
    /// What it comes over, if it can be read past the agent.
    socket: Option<Arc<Socket>>,
    line: TransportState,
    /// How much of it is to come, where that is known.
    left: u64,
    is_sized: bool,
    /// Whether another answer may follow over the same connection.
    keeps: bool,
}

impl BodyReader {
    /// The body of an answer that came from `url` over `line`; after it another may follow if `keeps`.
    pub fn new(came: BodySource, url: &HttpUrl, line: &TransportState, keeps: bool) -> Self {
        let line = line.clone();
        match came {
            BodySource::Agents(body) => {
                let len = body.content_length();
                Self {
                    agent: Some(body.into_reader()),
                    early: Vec::new(),
                    unread: 0..0,
                    socket: len.and_then(|_| line.direct(&url.origin())),
                    line,
                    left: len.unwrap_or(0),
                    is_sized: len.is_some(),
                    keeps,
                }
            }
            BodySource::BufferedBody(begun) => Self {
                agent: None,
                early: begun.room,
                unread: begun.from..begun.to,
                socket: Some(begun.socket),
                line,
                left: begun.len,
                is_sized: true,
                keeps,
            },
        }
    }

    /// Its first flight, as long as nothing of it was read. `None` where nothing can be told from it.
    pub fn first_flight(&self) -> Option<PacketTrain> {
        let socket = self.socket.as_ref()?;
        packet_train_probe::first_flight(socket, self.line.buffered())
    }

    /// Whether most of it can be poured. Of a short one most came with the head.
    pub fn can_pour(&self) -> bool {
        let socket = self.socket.as_ref().filter(|_| self.left > SHORT);
        socket.is_some_and(|socket| !socket.is_secure())
    }

    /// Whether its end is known before it is there.
    pub fn is_sized(&self) -> bool {
        self.is_sized
    }

    /// The socket, once nothing of the body lies before it.
    fn past(&mut self) -> Option<Arc<Socket>> {
        let socket = self.socket.as_ref().filter(|_| self.unread.is_empty())?;
        if self.agent.is_some() {
            if self.line.buffered() > 0 {
                return None;
            }
            self.agent = None;
        }
        Some(Arc::clone(socket))
    }

    /// Moves up to `most` bytes into `pipe`, which is empty: how many. `None` where the next bytes
    /// must be read.
    ///
    /// # Errors
    /// As [`Read::read`].
    pub fn pour(&mut self, pipe: &mut Splice, most: usize) -> Option<io::Result<usize>> {
        let socket = self.past()?;
        let most = self.within(most);
        let moved = socket.receive(None, 1, |stream| pipe.fill(stream, most));
        Some(self.received(moved))
    }

    fn within(&self, most: usize) -> usize {
        usize::try_from(self.left).map_or(most, |left| left.min(most))
    }

    fn received(&mut self, len: io::Result<usize>) -> io::Result<usize> {
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

    /// The body was read to its end: whether its connection can be used again. `None` where more of
    /// it comes.
    pub fn finish(mut self) -> Option<bool> {
        let is_read = self.left == 0 && self.past().is_some();
        if let Some(agent) = self.agent.as_mut().filter(|_| !is_read) {
            // The agent keeps the connection when it has seen the end.
            let is_over = matches!(agent.read(&mut [0]), Ok(0) | Err(_));
            return is_over.then_some(self.keeps);
        }
        let socket = self.socket.take_if(|_| self.keeps && is_read);
        let is_kept = socket.is_some();
        socket.into_iter().for_each(|socket| self.line.keep(socket));
        if !self.early.is_empty() {
            self.line.keep_room(self.early);
        }
        Some(is_kept)
    }
}

impl Read for BodyReader {
    /// # Errors
    /// Those of the agent, also where the agent has nothing to do with it.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.unread.is_empty() {
            let len = self.within(buf.len()).min(self.unread.len());
            let from = self.unread.start;
            buf[..len].copy_from_slice(&self.early[from..from + len]);
            self.unread.start += len;
            self.left -= len as u64;
            return Ok(len);
        }
        if let Some(socket) = self.past() {
            let room = self.within(buf.len());
            if room == 0 {
                return Ok(0);
            }
            // Of a plain body as much as there is: nothing holds back what came already.
            let wish = match socket.is_secure() {
                true => self.line.wished(),
                false => 1,
            };
            let len = socket.read(None, wish, &mut buf[..room]);
            return self.received(len);
        }
        let Some(agent) = &mut self.agent else {
            return Ok(0);
        };
        let len = agent.read(buf)?;
        self.left = self.left.saturating_sub(len as u64);
        Ok(len)
    }
}
