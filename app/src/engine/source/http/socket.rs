//! One TCP connection to a web server: shut from another thread when the download stops, and patient
//! only as long as the server's usual gaps allow.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::patience::Patience;
use super::super::{low_water, tcp};
use crate::engine::stop::{SocketGuard, Stop};

/// A connection, of which nobody reads or writes but one worker.
pub(super) struct Socket {
    stream: TcpStream,
    authority: String,
    waiting: Mutex<Waiting>,
    _guard: SocketGuard,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket to {}", self.authority)
    }
}

/// How the next read waits.
#[derive(Debug)]
struct Waiting {
    patience: Patience,
    timeout: Option<Duration>,
    /// How many bytes must be there before it is woken.
    low_water: usize,
}

impl Socket {
    /// Connects to the first of the addresses that answers, on behalf of `authority` (host and port),
    /// whose first byte may take so long.
    ///
    /// # Errors
    /// In words, of kind `Other`; of kind `Interrupted` once the download was stopped.
    pub fn connect(
        addresses: impl IntoIterator<Item = SocketAddr>,
        authority: String,
        stop: &Stop,
        first_byte: Duration,
    ) -> io::Result<Self> {
        let mut guard = None;
        let stream = tcp::connect(addresses, |socket| guard = stop.guard(socket))
            .map_err(io::Error::other)?;
        Ok(Self {
            stream,
            authority,
            waiting: Mutex::new(Waiting {
                patience: Patience::beginning_with(first_byte),
                timeout: None,
                low_water: 1,
            }),
            _guard: guard.ok_or(io::ErrorKind::Interrupted)?,
        })
    }

    /// The host and port that it was made for.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    pub fn peer(&self) -> Option<SocketAddr> {
        self.stream.peer_addr().ok()
    }

    /// How long the next byte may take.
    pub fn patience(&self) -> Duration {
        self.waiting().patience.timeout()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Each of its fields is right by itself, whatever a panic has left undone.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends all of it. The socket has a time-out of its own for that.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.stream).write_all(bytes)
    }

    /// Lets `take` read once `wish` bytes are there (at least 1), or fewer when the time is up: its
    /// patience, or `left` where that is less. Returns how many bytes it took, 0 at the end.
    pub fn receive(
        &self,
        left: Option<Duration>,
        wish: usize,
        mut take: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut waiting = self.waiting();
        let patience = waiting.patience.timeout();
        waiting.set_timeout(
            &self.stream,
            left.map_or(patience, |left| left.min(patience)),
        )?;
        waiting.set_low_water(&self.stream, wish.max(1))?;
        let asked = Instant::now();
        loop {
            match take(&self.stream) {
                Ok(len) => {
                    waiting.patience.waited(asked.elapsed());
                    return Ok(len);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether it is open and nothing is there to read: a connection that is kept is silent, anything
    /// else is wrong.
    pub fn is_silent(&self) -> bool {
        let silent = || {
            self.stream.set_nonblocking(true)?;
            let read = (&self.stream).read(&mut [0]);
            self.stream.set_nonblocking(false)?;
            Ok::<_, io::Error>(matches!(read, Err(e) if e.kind() == io::ErrorKind::WouldBlock))
        };
        silent().unwrap_or(false)
    }
}

impl Waiting {
    /// Asks the system for a change only where it is one.
    fn set_timeout(&mut self, stream: &TcpStream, timeout: Duration) -> io::Result<()> {
        if self.timeout != Some(timeout) {
            stream.set_read_timeout(Some(timeout))?;
            self.timeout = Some(timeout);
        }
        Ok(())
    }

    fn set_low_water(&mut self, stream: &TcpStream, wish: usize) -> io::Result<()> {
        // Not for each little difference, which would cost a call each; but never above the wish: what
        // lies above may never come.
        let unchanged = self.low_water <= wish && self.low_water > wish / 2;
        if !unchanged {
            low_water::set(stream, wish)?;
            self.low_water = wish;
        }
        Ok(())
    }
}
