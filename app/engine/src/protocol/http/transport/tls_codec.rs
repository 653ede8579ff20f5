//! The client side of a TLS connection, without I/O: the caller reads records into its receive
//! buffer, and sends what it finds in its output.
//!
//! Many records are read at once and decrypted in place. `rustls::Stream` would read each of them
//! in pieces, and copy it four times on its way to the file.

use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, InsufficientSizeError, UnbufferedStatus,
};

/// Length of a record's header: type, version, and length in the last two bytes.
const HEADER_LEN: usize = 5;

/// A TLS connection, as the client.
pub(crate) struct TlsCodec {
    tls: UnbufferedClientConnection,
    /// Received records. Those from `start` to `filled` are not processed yet.
    buf: Box<[u8]>,
    start: usize,
    filled: usize,
    /// Decrypted data that did not fit the caller's buffer; from `plaintext_at` on it is not read
    /// yet.
    plaintext: Vec<u8>,
    plaintext_at: usize,
    /// Records to send.
    output: Vec<u8>,
    is_closed: bool,
    has_failed: bool,
}

impl TlsCodec {
    /// Begins a connection to `host`, with a receive buffer of `buf_len` bytes. That limits the
    /// length of the server's certificate chain; a record has up to 18 KiB.
    ///
    /// # Errors
    /// The name of the host is invalid.
    pub fn new(config: Arc<ClientConfig>, host: &str, buf_len: usize) -> io::Result<Self> {
        let name = ServerName::try_from(host.to_owned()).map_err(invalid)?;
        Ok(Self {
            tls: UnbufferedClientConnection::new(config, name).map_err(invalid)?,
            buf: vec![0; buf_len].into_boxed_slice(),
            start: 0,
            filled: 0,
            plaintext: Vec::new(),
            plaintext_at: 0,
            output: Vec::new(),
            is_closed: false,
            has_failed: false,
        })
    }

    /// Returns whether the handshake is incomplete.
    pub fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// Returns whether the server has sent `close_notify`.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Returns whether decrypted data is waiting to be read.
    pub fn has_plaintext(&self) -> bool {
        self.plaintext_at < self.plaintext.len()
    }

    /// Returns the free part of the receive buffer; empty if a message is too long for it.
    pub fn recv_buf(&mut self) -> &mut [u8] {
        self.buf.copy_within(self.start..self.filled, 0);
        (self.start, self.filled) = (0, self.filled - self.start);
        &mut self.buf[self.filled..]
    }

    /// Records that `len` bytes were read into [`Self::recv_buf`].
    pub fn received(&mut self, len: usize) {
        self.filled += len;
    }

    /// Returns whether the received bytes that are not processed yet begin like a record, or are none.
    pub fn begins_with_record(&self) -> bool {
        let received = &self.buf[self.start..self.filled];
        // The content types of RFC 8446, 5.1, and the heartbeat.
        received.first().is_none_or(|kind| (20..=24).contains(kind))
    }

    /// Takes the records to send.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Decrypts received records into `into`. Returns the number of bytes; 0 if more records must
    /// be received, or if the connection [`Self::is_closed`].
    ///
    /// # Errors
    /// An error of kind `InvalidData`, with a `rustls::Error`, if the server violates the protocol
    /// or its certificate is not accepted. The output then contains the alert.
    pub fn decrypt(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.has_failed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut len = self.take_plaintext(into);
        // A record that does not fit stays encrypted, unless it is the first one.
        while len == 0 || self.next_fits(into.len() - len) {
            let UnbufferedStatus { discard, state, .. } = self
                .tls
                .process_tls_records(&mut self.buf[self.start..self.filled]);
            let mut used = discard;
            let mut is_done = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record.map_err(invalid)?;
                        used += record.discard;
                        let fits = record.payload.len().min(into.len() - len);
                        let (now, later) = record.payload.split_at(fits);
                        into[len..len + fits].copy_from_slice(now);
                        self.plaintext.extend_from_slice(later);
                        len += fits;
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut message)) => {
                    append(&mut self.output, |buf| message.encode(buf))?;
                }
                Ok(ConnectionState::TransmitTlsData(sent)) => sent.done(),
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => {
                    (self.is_closed, is_done) = (true, true);
                }
                Ok(_) => is_done = true,
                Err(error) => {
                    self.start += used;
                    self.queue_alert();
                    return Err(invalid(error));
                }
            }
            self.start += used;
            if is_done {
                break;
            }
        }
        Ok(len)
    }

    /// Encrypts `bytes` into the output, after the handshake.
    ///
    /// # Errors
    /// An error of kind `BrokenPipe` if the connection has ended.
    pub fn encrypt(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Pending control records must be encoded first.
        self.decrypt(&mut [])?;
        let received = &mut self.buf[self.start..self.filled];
        let UnbufferedStatus { discard, state, .. } = self.tls.process_tls_records(received);
        self.start += discard;
        let ConnectionState::WriteTraffic(mut traffic) = state.map_err(invalid)? else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        append(&mut self.output, |buf| traffic.encrypt(bytes, buf))
    }

    fn take_plaintext(&mut self, into: &mut [u8]) -> usize {
        let plaintext = &self.plaintext[self.plaintext_at..];
        let len = plaintext.len().min(into.len());
        into[..len].copy_from_slice(&plaintext[..len]);
        self.plaintext_at += len;
        if !self.has_plaintext() {
            self.plaintext.clear();
            self.plaintext_at = 0;
        }
        len
    }

    /// Returns whether the next record fits `space` bytes, or its length is not known yet.
    fn next_fits(&self, space: usize) -> bool {
        let received = &self.buf[self.start..self.filled];
        match received.first_chunk::<HEADER_LEN>() {
            Some([.., high, low]) => usize::from(u16::from_be_bytes([*high, *low])) <= space,
            None => space > 0,
        }
    }

    /// Encodes the alert after an error. No received record may be processed after it.
    fn queue_alert(&mut self) {
        self.has_failed = true;
        let received = &mut self.buf[self.start..self.filled];
        let UnbufferedStatus { state, .. } = self.tls.process_tls_records(received);
        if let Ok(ConnectionState::EncodeTlsData(mut message)) = state {
            // Without the alert the server still sees the connection close.
            let _ = append(&mut self.output, |buf| message.encode(buf));
        }
    }
}

/// Wraps an error as `rustls::Stream` does.
fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Appends to `out` what `write` writes, in a buffer as long as it needs.
fn append<E: Into<EncodeFailure>>(
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
            Err(EncodeFailure::TooShort(len)) if at + len > out.len() => out.resize(at + len, 0),
            Err(_) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

/// Reason why nothing was encoded.
enum EncodeFailure {
    /// The buffer must have this many bytes.
    TooShort(usize),
    Permanent,
}

impl From<EncodeError> for EncodeFailure {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::InsufficientSize(InsufficientSizeError { required_size }) => {
                Self::TooShort(required_size)
            }
            EncodeError::AlreadyEncoded => Self::Permanent,
        }
    }
}

impl From<EncryptError> for EncodeFailure {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::InsufficientSize(InsufficientSizeError { required_size }) => {
                Self::TooShort(required_size)
            }
            EncryptError::EncryptExhausted => Self::Permanent,
        }
    }
}
