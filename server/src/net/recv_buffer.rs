//! What a client says: gathered in a small buffer, and waited for no longer than until a deadline.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::time::Instant;

/// How much room a read gets at least, in bytes: dozens of requests.
const READ_LEN: usize = 4096;

/// What comes in over one connection.
pub(crate) struct RecvBuffer<'a> {
    socket: &'a TcpStream,
    /// Bytes read and not yet understood, from `at` on.
    buf: Vec<u8>,
    at: usize,
}

impl<'a> RecvBuffer<'a> {
    /// What comes in over `socket`.
    pub fn new(socket: &'a TcpStream) -> Self {
        Self {
            socket,
            buf: Vec::new(),
            at: 0,
        }
    }

    /// What has come and is not yet understood.
    pub fn unread(&self) -> &[u8] {
        &self.buf[self.at..]
    }

    /// So many bytes of what waits are understood.
    pub fn consume(&mut self, len: usize) {
        self.at = (self.at + len).min(self.buf.len());
    }

    /// The first byte that waits, or that comes by the deadline.
    ///
    /// # Errors
    /// When none comes: `UnexpectedEof` when the client has ended in good order.
    pub fn peek_byte(&mut self, deadline: Instant) -> io::Result<u8> {
        loop {
            if let Some(first) = self.unread().first() {
                return Ok(*first);
            }
            self.fill(deadline)?;
        }
    }

    /// Waits until more has come, at least a byte, but not beyond the deadline.
    ///
    /// # Errors
    /// When none comes: `UnexpectedEof` when the client has ended in good order.
    pub fn fill(&mut self, deadline: Instant) -> io::Result<()> {
        self.buf.drain(..self.at);
        self.at = 0;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.socket.set_read_timeout(Some(left))?;
        let filled = self.buf.len();
        self.buf.resize(filled + READ_LEN.max(filled), 0);
        let read = loop {
            match self.socket.read(&mut self.buf[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What a time-out of a socket is called differs by platform.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    break Err(io::ErrorKind::TimedOut.into());
                }
                other => break other,
            }
        };
        self.buf.truncate(filled + *read.as_ref().unwrap_or(&0));
        match read? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
