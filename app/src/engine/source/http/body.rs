//! The body of an answer: read through the agent or, where its length is known, past it.
//!
//! The agent copies what it hands over, and has no more of a body than what came with the head. All that
//! follows comes over the socket just as it belongs in the file, so it is taken from there.

use std::io::{self, Read};
use std::sync::Arc;

use ureq::{Body, Error, Timeout};

use super::line::Line;
use super::socket::Socket;
use super::{HttpUrl, watch};
use crate::engine::flight::Flight;
use crate::engine::pipe::Pipe;
use crate::engine::source::tcp;

/// What is read through the agent in any case, in bytes.
const SHORT: u64 = 64 * 1024;

/// A body, until it is at its end or dropped.
pub(super) struct BodyReader {
    /// None once it is read past the agent.
    agent: Option<ureq::BodyReader<'static>>,
    /// What it comes over, if it can be read past the agent.
    socket: Option<Arc<Socket>>,
    line: Line,
    /// How much of it is to come, where that is known.
    left: u64,
    is_sized: bool,
    /// Whether another answer may follow over the same connection.
    keeps: bool,
}

impl BodyReader {
    /// The body of an answer that came from `url` over `line`; after it another may follow if `keeps`.
    pub fn new(body: Body, url: &HttpUrl, line: &Line, keeps: bool) -> Self {
        let len = body.content_length();
        // Of a short one the agent has read most with the head.
        let long = len.filter(|len| *len > SHORT);
        Self {
            agent: Some(body.into_reader()),
            socket: long.and_then(|_| line.direct(&url.origin())),
            line: line.clone(),
            left: len.unwrap_or(0),
            is_sized: len.is_some(),
            keeps,
        }
    }

    /// Its first flight, as long as nothing of it was read. `None` where nothing can be told from it.
    pub fn first_flight(&self) -> Option<Flight> {
        let socket = self.socket.as_ref()?;
        watch::first_flight(socket, self.line.buffered())
    }

    /// Whether most of it can be poured.
    pub fn can_pour(&self) -> bool {
        let socket = self.socket.as_ref();
        socket.is_some_and(|socket| !socket.is_secure())
    }

    /// Whether its end is known before it is there.
    pub fn is_sized(&self) -> bool {
        self.is_sized
    }

    /// The socket, once nothing of the body lies before it.
    fn past(&mut self) -> Option<Arc<Socket>> {
        let socket = self.socket.as_ref()?;
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
    pub fn pour(&mut self, pipe: &mut Pipe, most: usize) -> Option<io::Result<usize>> {
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
        if let Some(agent) = &mut self.agent {
            // The agent keeps the connection when it has seen the end.
            let is_over = matches!(agent.read(&mut [0]), Ok(0) | Err(_));
            return is_over.then_some(self.keeps);
        }
        let socket = self.socket.take_if(|_| self.keeps && self.left == 0);
        let is_kept = socket.is_some();
        socket.into_iter().for_each(|socket| self.line.keep(socket));
        Some(is_kept)
    }
}

impl Read for BodyReader {
    /// # Errors
    /// Those of the agent, also where the agent has nothing to do with it.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
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
