//! Requests from a socket: gathered in a small buffer, each with a deadline of its own.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use lanes_shared::wire::{HEADER_LEN, Header, MAGIC, Request, WireError};

/// How much room a read gets at least, in bytes: dozens of requests.
const READ_LEN: usize = 4096;

/// Why there is no further request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IncomingError {
    /// The client has nothing more to say, or fell silent.
    #[error("the connection ended: {0}")]
    Gone(#[from] io::Error),
    /// The client says what is no request.
    #[error("{0}")]
    Wire(#[from] WireError),
}

/// The requests of one connection.
pub(crate) struct Incoming<'a> {
    socket: &'a TcpStream,
    /// Bytes read and not yet understood, from `at` on.
    buf: Vec<u8>,
    at: usize,
}

impl<'a> Incoming<'a> {
    /// What comes in over `socket`.
    pub fn new(socket: &'a TcpStream) -> Self {
        Self {
            socket,
            buf: Vec::new(),
            at: 0,
        }
    }

    /// Reads the bytes that every connection begins with. Refuses at the first wrong byte.
    pub fn magic(&mut self, deadline: Instant) -> Result<(), IncomingError> {
        loop {
            let seen = self.waiting().len().min(MAGIC.len());
            if self.waiting()[..seen] != MAGIC[..seen] {
                return Err(WireError::NotLanes.into());
            }
            if seen == MAGIC.len() {
                self.at += seen;
                return Ok(());
            }
            self.read_more(deadline)?;
        }
    }

    /// The next request, waited for as long as `patience`. Before the first wait, and only if one
    /// is needed, `before_waiting` is called: the moment to send what has been answered so far.
    /// `None` when the client has ended in good order.
    pub fn request<E: From<IncomingError>>(
        &mut self,
        patience: Duration,
        before_waiting: impl FnOnce() -> Result<(), E>,
    ) -> Result<Option<Request>, E> {
        if let Some(request) = self.buffered()? {
            return Ok(Some(request));
        }
        before_waiting()?;
        let deadline = Instant::now() + patience;
        loop {
            match self.read_more(deadline) {
                Ok(()) => {}
                Err(error)
                    if error.kind() == io::ErrorKind::UnexpectedEof
                        && self.waiting().is_empty() =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(IncomingError::Gone(error).into()),
            }
            if let Some(request) = self.buffered()? {
                return Ok(Some(request));
            }
        }
    }

    /// A request that is here already.
    fn buffered(&mut self) -> Result<Option<Request>, IncomingError> {
        let Some((header, rest)) = self.waiting().split_first_chunk::<HEADER_LEN>() else {
            return Ok(None);
        };
        let header = Header::parse(*header)?;
        // Only a packet may be longer than 64 KiB, and a client sends none.
        if header.kind >= 0x80 {
            return Err(WireError::UnknownKind(header.kind).into());
        }
        let Some(payload) = rest.get(..header.len as usize) else {
            return Ok(None);
        };
        let request = Request::decode(header.kind, payload)?;
        self.at += HEADER_LEN + header.len as usize;
        Ok(Some(request))
    }

    fn waiting(&self) -> &[u8] {
        &self.buf[self.at..]
    }

    fn read_more(&mut self, deadline: Instant) -> io::Result<()> {
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
