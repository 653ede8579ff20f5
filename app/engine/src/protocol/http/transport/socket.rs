//! One TCP connection to a web server, with TLS for HTTPS. Another thread can shut it down when the
//! download stops; its idle timeout adapts to the gaps between reads.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::http_proxy::AbsoluteForm;
use super::nonblocking_read;
use super::recv_options::RecvOptions;
use super::tls_codec::TlsCodec;
use super::wait_policy::WaitPolicy;
use crate::model::way::WayName;
use crate::protocol::error::{ConnectError, NotTls};
use crate::protocol::net::happy_eyeballs::Connected;
use crate::protocol::net::tcp;
use crate::sync;
use crate::sync::cancel::{CancelToken, SocketGuard};

/// Time limit for a TLS handshake, also with a server that sends byte by byte.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// Limit of reads without application data when an idle TLS connection is checked: some servers
/// never stop sending session tickets.
const MAX_CONTROL_READS: usize = 16;

/// A connection that one worker at a time reads and writes.
pub(crate) struct Socket {
    stream: TcpStream,
    peer: Option<SocketAddr>,
    origin: String,
    /// Duration of the TCP connect.
    round_trip: Duration,
    wait: Mutex<RecvOptions>,
    tls: Option<Mutex<TlsCodec>>,
    /// TLS with the proxy, beneath that with the server.
    outer_tls: Option<Mutex<TlsCodec>>,
    /// The form of requests, if an HTTP proxy passes them on.
    absolute_form: Option<AbsoluteForm>,
    /// `None` once its download was stopped.
    guard: Mutex<Option<SocketGuard>>,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket to {}", self.origin)
    }
}

impl Socket {
    /// Connects to the first of `addresses` that accepts, on behalf of `origin` (scheme, host and
    /// port), over `way` if one is chosen. The connection waits by `policy`.
    ///
    /// # Errors
    /// The error of the last address; [`ConnectError::Stopped`] once the download was stopped.
    pub fn connect(
        addresses: impl IntoIterator<Item = SocketAddr>,
        origin: String,
        way: Option<&WayName>,
        cancel: &CancelToken,
        policy: &WaitPolicy,
    ) -> Result<Self, ConnectError> {
        let Connected {
            stream,
            guard,
            round_trip,
        } = tcp::connect(addresses, policy.connect(), way, |socket| {
            cancel.guard(socket)
        })?;
        if !guard.is_registered() {
            return Err(ConnectError::Stopped);
        }
        Ok(Self {
            round_trip,
            peer: stream.peer_addr().ok(),
            stream,
            origin,
            wait: Mutex::new(RecvOptions::new(policy)),
            tls: None,
            outer_tls: None,
            absolute_form: None,
            guard: Mutex::new(Some(guard)),
        })
    }

    /// Performs the TLS handshake: with the server or, the first time, with a proxy.
    ///
    /// # Errors
    /// Those of a read; of kind `InvalidData`, with a `rustls::Error`, if the handshake fails.
    pub fn handshake(mut self, mut tls: TlsCodec) -> io::Result<Self> {
        self.outer_tls = self.tls.take();
        let deadline = Instant::now() + HANDSHAKE_TIMEOUT;
        let mut is_first = true;
        loop {
            self.process(&mut tls, &mut [])?;
            if !tls.is_handshaking() {
                break;
            }
            self.read_records(&mut tls, Some(deadline), 1)?;
            if std::mem::take(&mut is_first) && !tls.begins_with_record() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, NotTls));
            }
        }
        self.tls = Some(Mutex::new(tls));
        Ok(self)
    }

    /// Sends all further requests in this form.
    pub(super) fn set_absolute_form(&mut self, form: AbsoluteForm) {
        self.absolute_form = Some(form);
    }

    /// Returns the scheme, host and port that the connection was made for.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Returns the address of the server.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Returns the duration of the TCP connect, which is one round trip.
    pub fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// Returns the number of bytes in the socket's receive buffer; `None` where the system does not
    /// report it.
    pub fn unread(&self) -> Option<usize> {
        lanes_os::socket::unread(&self.stream)
    }

    fn wait(&self) -> MutexGuard<'_, RecvOptions> {
        sync::lock(&self.wait)
    }

    /// Sends all of `bytes`.
    ///
    /// # Errors
    /// Those of the system; a timeout once the server has not read for the send timeout.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.expect_response();
        let bytes = match &self.absolute_form {
            Some(form) => form.convert(bytes),
            None => bytes.into(),
        };
        let Some(mut tls) = self.tls() else {
            return self.write(&bytes);
        };
        tls.encrypt(&bytes)?;
        self.write(&tls.take_output())
    }

    /// Writes beneath the TLS of the server.
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let Some(outer) = &self.outer_tls else {
            return (&self.stream).write_all(bytes);
        };
        if bytes.is_empty() {
            return Ok(());
        }
        let mut outer = sync::lock(outer);
        outer.encrypt(bytes)?;
        (&self.stream).write_all(&outer.take_output())
    }

    /// Reads once `low_water` bytes are available (at least 1), or fewer at the idle timeout or at
    /// `deadline`. Returns the number of bytes, 0 at the end.
    ///
    /// # Errors
    /// Those of the system; of kind `UnexpectedEof` if TLS ends without `close_notify`.
    pub fn read(
        &self,
        deadline: Option<Instant>,
        low_water: usize,
        buf: &mut [u8],
    ) -> io::Result<usize> {
        let Some(mut tls) = self.tls() else {
            return self.receive(deadline, low_water, |mut stream| stream.read(buf));
        };
        loop {
            let len = self.process(&mut tls, buf)?;
            if len > 0 || tls.is_closed() {
                self.wait().responded();
                return Ok(len);
            }
            self.read_records(&mut tls, deadline, low_water)?;
        }
    }

    fn tls(&self) -> Option<MutexGuard<'_, TlsCodec>> {
        self.tls.as_ref().map(sync::lock)
    }

    /// Decrypts received records into `buf`, and sends the handshake and alert records that result.
    fn process(&self, tls: &mut TlsCodec, buf: &mut [u8]) -> io::Result<usize> {
        let decrypted = tls.decrypt(buf);
        let sent = self.write(&tls.take_output());
        decrypted.and_then(|len| sent.map(|()| len))
    }

    /// Reads TLS records from the stream.
    fn read_records(
        &self,
        tls: &mut TlsCodec,
        deadline: Option<Instant>,
        low_water: usize,
    ) -> io::Result<()> {
        let buf = tls.recv_buf();
        if buf.is_empty() {
            let reason = "TLS message is too long";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let low_water = low_water.min(buf.len());
        let read = match &self.outer_tls {
            None => self.receive_bytes(deadline, low_water, |mut stream| stream.read(buf)),
            Some(outer) => self.read_outer(&mut sync::lock(outer), deadline, buf),
        };
        match read? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            len => {
                tls.received(len);
                Ok(())
            }
        }
    }

    /// Reads what the proxy passes on through its TLS.
    fn read_outer(
        &self,
        outer: &mut TlsCodec,
        deadline: Option<Instant>,
        buf: &mut [u8],
    ) -> io::Result<usize> {
        loop {
            let decrypted = outer.decrypt(buf);
            let sent = (&self.stream).write_all(&outer.take_output());
            let len = decrypted.and_then(|len| sent.map(|()| len))?;
            if len > 0 || outer.is_closed() {
                return Ok(len);
            }
            let records = outer.recv_buf();
            match self.receive(deadline, 1, |mut stream| stream.read(records))? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                len => outer.received(len),
            }
        }
    }

    /// Lets `read` read from the stream once `low_water` bytes are available (at least 1), or fewer
    /// at the idle timeout or at `deadline`. Returns the number of bytes, 0 at the end.
    ///
    /// # Errors
    /// Those of `read`, and a timeout.
    pub fn receive(
        &self,
        deadline: Option<Instant>,
        low_water: usize,
        read: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let len = self.receive_bytes(deadline, low_water, read)?;
        self.wait().responded();
        Ok(len)
    }

    /// As [`Self::receive`], for bytes that may belong to no response.
    fn receive_bytes(
        &self,
        deadline: Option<Instant>,
        low_water: usize,
        mut read: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut wait = self.wait();
        let begun = Instant::now();
        wait.set_low_water(&self.stream, low_water.max(1))?;
        loop {
            let now = Instant::now();
            let until_deadline = deadline.map(|deadline| deadline.saturating_duration_since(now));
            let left = wait.limit().saturating_sub(now - begun);
            let left = until_deadline.map_or(left, |until| until.min(left));
            if left.is_zero() || wait.is_interrupted() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let slice = wait.slice();
            wait.set_timeout(&self.stream, left.min(slice))?;
            let readable = lanes_os::socket::wait_readable(&self.stream);
            match readable.and_then(|()| read(&self.stream)) {
                Ok(len) => {
                    wait.idle.record_gap(begun.elapsed());
                    return Ok(len);
                }
                Err(error)
                    if error.kind() == io::ErrorKind::Interrupted
                        || tcp::is_read_timeout(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns whether bytes have arrived that were not read.
    pub fn has_data(&self) -> bool {
        matches!(nonblocking_read::peek_byte(&self.stream), Ok(len) if len > 0)
    }

    /// Marks the connection as idle, so that the end of its download does not close it, or as in
    /// use.
    pub fn set_idle(&self, is_idle: bool) {
        if let Some(guard) = &*self.guard() {
            guard.set_idle(is_idle);
        }
    }

    /// Hands the connection to another download, which waits by `policy`. Returns `false` if either
    /// download was stopped. Does not check whether the connection is open.
    pub fn reassign(&self, cancel: &CancelToken, policy: &WaitPolicy) -> bool {
        let mut wait = self.wait();
        wait.begin(policy);
        drop(wait);
        let mut guard = self.guard();
        *guard = guard.take().and_then(|guard| guard.reassign(cancel));
        guard.is_some()
    }

    fn guard(&self) -> MutexGuard<'_, Option<SocketGuard>> {
        sync::lock(&self.guard)
    }

    /// Records that the next byte is the first of a response.
    pub fn expect_response(&self) {
        self.wait().awaits_response = true;
    }

    /// Returns whether the connection is open and has nothing to read. Data on an idle connection
    /// is an error, or the response to another request.
    pub fn is_reusable(&self) -> bool {
        if self.outer_tls.is_some() {
            // A record of the proxy may be a ticket, or the end: the connection is not used again then.
            return would_block(nonblocking_read::read_byte(&self.stream));
        }
        let Some(mut tls) = self.tls() else {
            return would_block(nonblocking_read::read_byte(&self.stream));
        };
        let mut check = || {
            self.stream.set_nonblocking(true)?;
            let is_reusable = self.has_only_control_records(&mut tls);
            self.stream.set_nonblocking(false)?;
            Ok::<_, io::Error>(is_reusable)
        };
        check().unwrap_or(false)
    }

    /// Returns whether nothing is to be read but a few TLS control records, such as session
    /// tickets.
    fn has_only_control_records(&self, tls: &mut TlsCodec) -> bool {
        for _ in 0..MAX_CONTROL_READS {
            if self.process(tls, &mut []).is_err() || tls.has_plaintext() || tls.is_closed() {
                return false;
            }
            match (&self.stream).read(tls.recv_buf()) {
                Ok(len) if len > 0 => tls.received(len),
                read => return would_block(read),
            }
        }
        false
    }
}

fn would_block(read: io::Result<usize>) -> bool {
    matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}
