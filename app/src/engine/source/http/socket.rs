//! The sockets beneath an agent: shut from another thread when the download stops, and patient only
//! as long as the server's usual gaps allow.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::super::patience::Patience;
use super::super::{low_water, tcp};
use crate::engine::stop::{SocketGuard, Stop};

/// Room for what one read brings, in bytes: at least and at most. In between [`ALL_INPUT`] is shared.
const INPUT_LEN: [usize; 2] = [128 * 1024, 512 * 1024];
/// Room for what all connections of a download read, in bytes.
const ALL_INPUT: usize = 8 << 20;
/// Room for the head of a request, in bytes.
const OUTPUT_LEN: usize = 16 * 1024;

/// What a connection and its reader tell each other past the agent between them.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    peer: Mutex<Option<SocketAddr>>,
    wish: AtomicUsize,
}

impl Line {
    /// The address of the server, once a connection was made.
    pub fn peer(&self) -> Option<SocketAddr> {
        *self.0.peer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reader need not be woken before so many bytes are there. They must be certain to come: a
    /// read waits for them until its time is up.
    pub fn wish(&self, bytes: usize) {
        self.0.wish.store(bytes, Ordering::Relaxed);
    }

    fn leads_to(&self, address: Option<SocketAddr>) {
        *self.0.peer.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }
}

/// Room for what one read brings over one of so many connections, in bytes.
pub(super) fn input_len(connections: usize) -> usize {
    let [least, most] = INPUT_LEN;
    (ALL_INPUT / connections.max(1)).clamp(least, most)
}

/// Makes sockets that a [`Stop`] can shut.
pub(super) struct SocketConnector {
    pub stop: Stop,
    pub line: Line,
    /// Room for what one read brings, in bytes.
    pub input_len: usize,
    /// How long the first byte may take.
    pub first_byte: Duration,
}

impl fmt::Debug for SocketConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketConnector")
    }
}

impl<In: Transport> Connector<In> for SocketConnector {
    type Out = Either<In, SocketTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        if chained.is_some() {
            // Through a proxy, whose connector has made the connection.
            return Ok(chained.map(Either::A));
        }
        let mut guard = None;
        let addresses = details.addrs.iter().copied();
        let socket = tcp::connect(addresses, |socket| guard = self.stop.guard(socket))
            .map_err(|reason| Error::Io(io::Error::other(reason)))?;
        let Some(guard) = guard else {
            return Err(Error::Io(io::ErrorKind::Interrupted.into()));
        };
        self.line.leads_to(socket.peer_addr().ok());
        let patience = Patience::beginning_with(self.first_byte);
        Ok(Some(Either::B(SocketTransport {
            socket,
            buffers: LazyBuffers::new(self.input_len, OUTPUT_LEN),
            patience,
            read_timeout: None,
            line: self.line.clone(),
            low_water: 1,
            _guard: guard,
        })))
    }
}

/// One TCP connection.
pub(super) struct SocketTransport {
    socket: TcpStream,
    buffers: LazyBuffers,
    patience: Patience,
    read_timeout: Option<Duration>,
    line: Line,
    /// How many bytes must be there before a read is woken.
    low_water: usize,
    _guard: SocketGuard,
}

impl SocketTransport {
    /// Asks the system for a change only where it is one.
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        if self.read_timeout != Some(timeout) {
            self.socket.set_read_timeout(Some(timeout))?;
            self.read_timeout = Some(timeout);
        }
        Ok(())
    }

    /// Sets how many bytes wake a read, as the reader wishes and the buffer has room.
    fn set_low_water(&mut self) -> io::Result<()> {
        let room = self.buffers.input_append_buf().len();
        let wish = self.line.0.wish.load(Ordering::Relaxed).min(room).max(1);
        // Not for each little difference, which would cost a call each; but never above the wish: what
        // lies above may never come.
        let unchanged = self.low_water <= wish && self.low_water > wish / 2;
        if !unchanged {
            low_water::set(&self.socket, wish)?;
            self.low_water = wish;
        }
        Ok(())
    }
}

impl fmt::Debug for SocketTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketTransport")
    }
}

impl Transport for SocketTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        // The socket has a time-out of its own for writes.
        let output = &self.buffers.output()[..amount];
        self.socket.write_all(output).map_err(Error::Io)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let phase = timeout.not_zero().map(|left| *left);
        let patience = self.patience.timeout();
        self.set_read_timeout(phase.map_or(patience, |left| left.min(patience)))?;
        self.set_low_water()?;
        let asked = Instant::now();
        let len = loop {
            let room = self.buffers.input_append_buf();
            match self.socket.read(room) {
                Ok(len) => break len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if tcp::is_timeout(&error) => {
                    let overdue = phase.is_some_and(|left| left <= patience);
                    let reason = if overdue {
                        timeout.reason
                    } else {
                        Timeout::PerRead
                    };
                    return Err(Error::Timeout(reason));
                }
                // The agent takes a reset for the end of a body without a length, which it is not.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(Error::Io(io::ErrorKind::BrokenPipe.into()));
                }
                Err(error) => return Err(Error::Io(error)),
            }
        };
        self.patience.waited(asked.elapsed());
        self.buffers.input_appended(len);
        Ok(len > 0)
    }

    fn is_open(&mut self) -> bool {
        // A connection that is kept is silent: anything there is to read, or an end, is wrong.
        let silent = |socket: &mut TcpStream| {
            socket.set_nonblocking(true)?;
            let read = socket.read(&mut [0]);
            socket.set_nonblocking(false)?;
            Ok::<_, io::Error>(matches!(read, Err(e) if e.kind() == io::ErrorKind::WouldBlock))
        };
        silent(&mut self.socket).unwrap_or(false)
    }
}
