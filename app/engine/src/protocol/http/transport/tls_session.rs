//! TLS, without any I/O: what comes from the socket is put into its buffer, and what is to be sent is
//! found in another.
//!
//! Many records are read from the socket at once and decrypted where they lie. An ordinary stream would
//! read each of them in pieces and copy it four times on its way to the file.

use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, InsufficientSizeError, UnbufferedStatus,
};

/// What stands before a record: its kind, a version, and its length in two bytes.
const HEAD_LEN: usize = 5;

/// One side of a TLS connection: the client.
pub(crate) struct TlsSession {
    tls: UnbufferedClientConnection,
    /// What came. From `start` to `filled` it is not understood yet.
    buf: Box<[u8]>,
    start: usize,
    filled: usize,
    /// What was decrypted and found no room, from `rest_at` on.
    rest: Vec<u8>,
    rest_at: usize,
    /// What is to be sent.
    out: Vec<u8>,
    is_over: bool,
    has_failed: bool,
}

impl TlsSession {
    /// Begins a connection to `host`. Of what the server sends `room` bytes are kept at once: so long its
    /// certificates may be, and a record has up to 18 KiB.
    ///
    /// # Errors
    /// The host's name makes no sense.
    pub fn new(config: Arc<ClientConfig>, host: &str, room: usize) -> io::Result<Self> {
        let name = ServerName::try_from(host.to_owned()).map_err(invalid)?;
        Ok(Self {
            tls: UnbufferedClientConnection::new(config, name).map_err(invalid)?,
            buf: vec![0; room].into_boxed_slice(),
            start: 0,
            filled: 0,
            rest: Vec::new(),
            rest_at: 0,
            out: Vec::new(),
            is_over: false,
            has_failed: false,
        })
    }

    /// Whether no bytes of the user can go to and fro yet.
    pub fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// Whether the server has said that nothing will follow.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether something was decrypted that nobody has taken.
    pub fn has_rest(&self) -> bool {
        self.rest_at < self.rest.len()
    }

    /// Room for what comes next; none when a message is longer than it may be.
    pub fn room(&mut self) -> &mut [u8] {
        self.buf.copy_within(self.start..self.filled, 0);
        (self.start, self.filled) = (0, self.filled - self.start);
        &mut self.buf[self.filled..]
    }

    /// So many bytes were put into the room.
    pub fn came(&mut self, len: usize) {
        self.filled += len;
    }

    /// What is to be sent, which is forgotten here.
    pub fn take_out(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Understands as much of what came as there is room for in `into`: how many bytes are there then. With
    /// none more must come, or nothing does.
    ///
    /// # Errors
    /// The server does not keep to the protocol, or is not who it should be. What it is told is to be sent.
    pub fn understand(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.has_failed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut len = self.take_rest(into);
        // A record that does not fit waits, unless nothing came before it.
        while len == 0 || self.next_fits(into.len() - len) {
            let UnbufferedStatus { discard, state, .. } = self
                .tls
                .process_tls_records(&mut self.buf[self.start..self.filled]);
            let mut used = discard;
            let mut goes_on = true;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record.map_err(invalid)?;
                        used += record.discard;
                        let fits = record.payload.len().min(into.len() - len);
                        let (now, later) = record.payload.split_at(fits);
                        into[len..len + fits].copy_from_slice(now);
                        self.rest.extend_from_slice(later);
                        len += fits;
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut message)) => {
                    put(&mut self.out, |room| message.encode(room))?;
                }
                Ok(ConnectionState::TransmitTlsData(sent)) => sent.done(),
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => {
                    (self.is_over, goes_on) = (true, false);
                }
                Ok(_) => goes_on = false,
                Err(error) => {
                    self.start += used;
                    self.give_alarm();
                    return Err(invalid(error));
                }
            }
            self.start += used;
            if !goes_on {
                break;
            }
        }
        Ok(len)
    }

    /// Encrypts what is to be sent, once hands were shaken.
    ///
    /// # Errors
    /// The connection is none any more.
    pub fn encrypt(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Nothing else may be left to say.
        self.understand(&mut [])?;
        let waiting = &mut self.buf[self.start..self.filled];
        let UnbufferedStatus { discard, state, .. } = self.tls.process_tls_records(waiting);
        self.start += discard;
        let ConnectionState::WriteTraffic(mut traffic) = state.map_err(invalid)? else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        put(&mut self.out, |room| traffic.encrypt(bytes, room))
    }

    fn take_rest(&mut self, into: &mut [u8]) -> usize {
        let rest = &self.rest[self.rest_at..];
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        self.rest_at += len;
        if !self.has_rest() {
            self.rest.clear();
            self.rest_at = 0;
        }
        len
    }

    /// Whether what the next record holds fits so many bytes; also if it is not known yet.
    fn next_fits(&self, room: usize) -> bool {
        let waiting = &self.buf[self.start..self.filled];
        match waiting.first_chunk::<HEAD_LEN>() {
            Some([.., high, low]) => usize::from(u16::from_be_bytes([*high, *low])) <= room,
            None => room > 0,
        }
    }

    /// Tells the server why it is left. After that nothing of it may be looked at any more.
    fn give_alarm(&mut self) {
        self.has_failed = true;
        let waiting = &mut self.buf[self.start..self.filled];
        let UnbufferedStatus { state, .. } = self.tls.process_tls_records(waiting);
        if let Ok(ConnectionState::EncodeTlsData(mut message)) = state {
            // Who cannot be told will see the connection end.
            let _ = put(&mut self.out, |room| message.encode(room));
        }
    }
}

/// What went wrong, as streams over TLS say it.
fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Appends to `out` what `write` writes into as much room as it needs.
fn put<E: Into<Unwritten>>(
    out: &mut Vec<u8>,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, E>,
) -> io::Result<()> {
    let at = out.len();
    loop {
        match write(&mut out[at..]).map_err(Into::into) {
            Ok(len) => {
                out.truncate(at + len);
                return Ok(());
            }
            Err(Unwritten::Needs(len)) if at + len > out.len() => out.resize(at + len, 0),
            Err(_) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

/// Why nothing was written.
enum Unwritten {
    /// There must be room for so many bytes.
    Needs(usize),
    Never,
}

impl From<EncodeError> for Unwritten {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::InsufficientSize(InsufficientSizeError { required_size }) => {
                Self::Needs(required_size)
            }
            EncodeError::AlreadyEncoded => Self::Never,
        }
    }
}

impl From<EncryptError> for Unwritten {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::InsufficientSize(InsufficientSizeError { required_size }) => {
                Self::Needs(required_size)
            }
            EncryptError::EncryptExhausted => Self::Never,
        }
    }
}
