//! Reads and writes a socket with one deadline for the whole handshake with a proxy (CONNECT or SOCKS).

use std::io;
use std::time::Instant;

use super::socket::{HANDSHAKE_TIMEOUT, Socket};

/// Reads and writes of an exchange before the first request, within the time limit of a handshake.
pub(super) struct DeadlineStream<'a> {
    socket: &'a Socket,
    deadline: Instant,
}

impl<'a> DeadlineStream<'a> {
    /// Begins an exchange over `socket`.
    pub fn begin(socket: &'a Socket) -> Self {
        let deadline = Instant::now() + HANDSHAKE_TIMEOUT;
        Self { socket, deadline }
    }
}

impl io::Read for DeadlineStream<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.read(Some(self.deadline), 1, buf)
    }
}

impl io::Write for DeadlineStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.send(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
