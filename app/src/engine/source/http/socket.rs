//! The sockets beneath an agent: shut from another thread when the download stops, and patient only
//! as long as the server's usual gaps allow.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::super::patience::Patience;
use super::super::tcp;
use crate::engine::stop::{SocketGuard, Stop};

/// Room for what one read brings, in bytes.
const INPUT_LEN: usize = 128 * 1024;
/// Room for the head of a request, in bytes.
const OUTPUT_LEN: usize = 16 * 1024;

/// Where the last connection leads.
#[derive(Debug, Clone, Default)]
pub(super) struct Peer(Arc<Mutex<Option<SocketAddr>>>);

impl Peer {
    /// The address of the server, once a connection was made.
    pub fn address(&self) -> Option<SocketAddr> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, address: Option<SocketAddr>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }
}

/// Makes sockets that a [`Stop`] can shut.
pub(super) struct SocketConnector {
    pub stop: Stop,
    pub peer: Peer,
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
        self.peer.set(socket.peer_addr().ok());
        let patience = Patience::beginning_with(self.first_byte);
        let transport = SocketTransport::new(socket, guard, patience);
        Ok(Some(Either::B(transport)))
    }
}

/// One TCP connection.
pub(super) struct SocketTransport {
    socket: TcpStream,
    buffers: LazyBuffers,
    patience: Patience,
    read_timeout: Option<Duration>,
    _guard: SocketGuard,
}

impl SocketTransport {
    fn new(socket: TcpStream, guard: SocketGuard, patience: Patience) -> Self {
        Self {
            socket,
            buffers: LazyBuffers::new(INPUT_LEN, OUTPUT_LEN),
            patience,
            read_timeout: None,
            _guard: guard,
        }
    }

    /// Asks the system for a change only where it is one.
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        if self.read_timeout != Some(timeout) {
            self.socket.set_read_timeout(Some(timeout))?;
            self.read_timeout = Some(timeout);
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
