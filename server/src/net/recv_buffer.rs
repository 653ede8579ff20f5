//! Buffered reads from a socket, with a deadline.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use lanes_os::socket;

/// Minimum size of a read, in bytes: room for dozens of requests.
const READ_LEN: usize = 4096;
/// Longest single wait for bytes. On Windows a shutdown of the receiving side does not wake a thread that
/// waits already, so the thread looks for it.
const MAX_WAIT: Duration = if cfg!(windows) {
    Duration::from_millis(250)
} else {
    Duration::MAX
};

/// The receive buffer of one connection.
pub(crate) struct RecvBuffer<'a> {
    socket: &'a TcpStream,
    /// Received bytes; those from `at` on are not consumed yet.
    buffer: Vec<u8>,
    at: usize,
}

impl<'a> RecvBuffer<'a> {
    /// Creates an empty buffer.
    pub fn new(socket: &'a TcpStream) -> Self {
        Self {
            socket,
            buffer: Vec::new(),
            at: 0,
        }
    }

    /// Returns the bytes that are received and not consumed yet.
    pub fn unread(&self) -> &[u8] {
        &self.buffer[self.at..]
    }

    /// Consumes the first `len` unread bytes.
    pub fn consume(&mut self, len: usize) {
        self.at = (self.at + len).min(self.buffer.len());
    }

    /// Returns the first unread byte without consuming it. Waits for one until `deadline`.
    ///
    /// # Errors
    /// As [`Self::fill`].
    pub fn peek_byte(&mut self, deadline: Instant) -> io::Result<u8> {
        loop {
            if let Some(first) = self.unread().first() {
                return Ok(*first);
            }
            self.fill(deadline)?;
        }
    }

    /// Receives at least one more byte. Waits for it until `deadline`.
    ///
    /// # Errors
    /// `TimedOut`, `UnexpectedEof` if the client has closed its sending side, or the error of the
    /// socket.
    pub fn fill(&mut self, deadline: Instant) -> io::Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        self.wait(deadline)?;
        let filled = self.buffer.len();
        self.buffer.resize(filled + READ_LEN.max(filled), 0);
        let read = loop {
            match self.socket.read(&mut self.buffer[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Unix reports the timeout of a socket as WouldBlock.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    break Err(io::ErrorKind::TimedOut.into());
                }
                other => break other,
            }
        };
        self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
        match read? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Readies the socket for a read that ends at `deadline`.
    fn wait(&self, deadline: Instant) -> io::Result<()> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.socket.set_read_timeout(Some(left.min(MAX_WAIT)))?;
            match socket::wait_readable(self.socket) {
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
                result => return result,
            }
        }
    }
}
