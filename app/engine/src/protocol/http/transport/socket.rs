//! One TCP connection to a web server, with TLS over it if need be: shut from another thread when the
//! download stops, and patient only as long as the server's usual gaps allow.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::tls_session::TlsSession;
use crate::protocol::net::idle_timeout::IdleTimeout;
use crate::protocol::net::{rcvlowat, tcp};
use crate::sync::cancel::{CancelToken, SocketGuard};

/// How long it may take to shake hands, also with a server that dribbles.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// After so many reads that brought nothing but what TLS says to itself a connection is not silent: there
/// are servers that never end.
const MOST_ASIDE: usize = 16;

/// A connection, of which nobody reads or writes but one worker.
pub(crate) struct Socket {
    stream: TcpStream,
    peer: Option<SocketAddr>,
    origin: String,
    /// How long it took to be made.
    round_trip: Duration,
    waiting: Mutex<Waiting>,
    /// What is said over it, if it is encrypted.
    secure: Option<Mutex<TlsSession>>,
    /// None once its download was stopped.
    guard: Mutex<Option<SocketGuard>>,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket to {}", self.origin)
    }
}

/// How the next read waits.
#[derive(Debug)]
struct Waiting {
    patience: IdleTimeout,
    timeout: Option<Duration>,
    /// How many bytes must be there before it is woken.
    low_water: usize,
}

impl Socket {
    /// Connects to the first of the addresses that answers, on behalf of `origin` (scheme, host and
    /// port), whose first byte may take so long.
    ///
    /// # Errors
    /// In words, of kind `Other`; of kind `Interrupted` once the download was stopped.
    pub fn connect(
        addresses: impl IntoIterator<Item = SocketAddr>,
        origin: String,
        stop: &CancelToken,
        first_byte: Duration,
    ) -> io::Result<Self> {
        let (mut guard, mut begun) = (None, Instant::now());
        let stream = tcp::connect(addresses, |socket| {
            guard = stop.guard(socket);
            begun = Instant::now();
        })
        .map_err(io::Error::other)?;
        let round_trip = begun.elapsed();
        let guard = guard.filter(SocketGuard::is_live);
        Ok(Self {
            round_trip,
            peer: stream.peer_addr().ok(),
            stream,
            origin,
            waiting: Mutex::new(Waiting {
                patience: IdleTimeout::beginning_with(first_byte),
                timeout: None,
                low_water: 1,
            }),
            secure: None,
            guard: Mutex::new(Some(guard.ok_or(io::ErrorKind::Interrupted)?)),
        })
    }

    /// Agrees on what is encrypted with.
    ///
    /// # Errors
    /// Those of a read, and of kind `InvalidData` when the server is not who it should be.
    pub fn shake_hands(mut self, mut secure: TlsSession) -> io::Result<Self> {
        let until = Instant::now() + HANDSHAKE_TIMEOUT;
        loop {
            self.understand(&mut secure, &mut [])?;
            if !secure.is_handshaking() {
                break;
            }
            self.fill(&mut secure, Some(until), 1)?;
        }
        self.secure = Some(Mutex::new(secure));
        Ok(self)
    }

    /// The scheme, host and port that it was made for.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether what goes over it is encrypted.
    pub fn is_secure(&self) -> bool {
        self.secure.is_some()
    }

    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// How long the server took to take the connection: a round trip.
    pub fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// How many bytes have come that nobody has read; `None` where the system does not say it.
    pub fn unread(&self) -> Option<usize> {
        #[cfg(target_os = "linux")]
        let unread = rustix::io::ioctl_fionread(&self.stream).ok();
        #[cfg(not(target_os = "linux"))]
        let unread: Option<u64> = None;
        unread.and_then(|bytes| usize::try_from(bytes).ok())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Each of its fields is right by itself, whatever a panic has left undone.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends all of it. The socket has a time-out of its own for that.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let Some(mut secure) = self.secure() else {
            return (&self.stream).write_all(bytes);
        };
        secure.encrypt(bytes)?;
        (&self.stream).write_all(&secure.take_out())
    }

    /// Reads once `wish` bytes are there (at least 1), or fewer when the time is up: its patience, or
    /// `until`. Returns how many bytes it read, 0 at the end.
    ///
    /// # Errors
    /// Of kind `UnexpectedEof` where what is encrypted ends without a word.
    pub fn read(&self, until: Option<Instant>, wish: usize, buf: &mut [u8]) -> io::Result<usize> {
        let Some(mut secure) = self.secure() else {
            return self.receive(until, wish, |mut stream| stream.read(buf));
        };
        loop {
            let len = self.understand(&mut secure, buf)?;
            if len > 0 || secure.is_over() {
                return Ok(len);
            }
            self.fill(&mut secure, until, wish)?;
        }
    }

    fn secure(&self) -> Option<MutexGuard<'_, TlsSession>> {
        let secure = self.secure.as_ref()?;
        // Nobody goes on with a connection that a panic has left.
        Some(secure.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Understands what came, and sends what there is to say to it.
    fn understand(&self, secure: &mut TlsSession, into: &mut [u8]) -> io::Result<usize> {
        let understood = secure.understand(into);
        let sent = (&self.stream).write_all(&secure.take_out());
        understood.and_then(|len| sent.map(|()| len))
    }

    /// Waits for more of what is encrypted.
    fn fill(&self, secure: &mut TlsSession, until: Option<Instant>, wish: usize) -> io::Result<()> {
        let room = secure.room();
        if room.is_empty() {
            let reason = "a message of the server is too long";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let wish = wish.min(room.len());
        match self.receive(until, wish, |mut stream| stream.read(room))? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            len => {
                secure.came(len);
                Ok(())
            }
        }
    }

    /// Lets `take` read what comes over the wire once `wish` bytes are there (at least 1), or fewer when
    /// the time is up: its patience, or `until`. Returns how many bytes it took, 0 at the end.
    pub fn receive(
        &self,
        until: Option<Instant>,
        wish: usize,
        mut take: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut waiting = self.waiting();
        let asked = Instant::now();
        let patience = waiting.patience.timeout();
        let left = until.map(|until| until.saturating_duration_since(asked));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        waiting.set_timeout(
            &self.stream,
            left.map_or(patience, |left| left.min(patience)),
        )?;
        waiting.set_low_water(&self.stream, wish.max(1))?;
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

    /// From now on nobody waits for it, or (`false`) somebody does again.
    pub fn rest(&self, rests: bool) {
        if let Some(guard) = &*self.guard() {
            guard.rest(rests);
        }
    }

    /// It is another download's from now on, whose first byte may take so long. Returns `false` when a switch
    /// was thrown. Whether it is still open is for whoever asks over it next to see.
    pub fn move_to(&self, stop: &CancelToken, first_byte: Duration) -> bool {
        self.waiting().patience = IdleTimeout::beginning_with(first_byte);
        let mut guard = self.guard();
        *guard = guard.take().and_then(|guard| guard.move_to(stop));
        guard.is_some()
    }

    fn guard(&self) -> MutexGuard<'_, Option<SocketGuard>> {
        // Whole at every moment.
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is open and nothing is there to read: a connection that is kept is silent, anything
    /// else is wrong.
    pub fn is_silent(&self) -> bool {
        let Some(mut secure) = self.secure() else {
            return would_block(look::read_at_once(&self.stream));
        };
        let mut silent = || {
            self.stream.set_nonblocking(true)?;
            let is_silent = self.says_nothing(&mut secure);
            self.stream.set_nonblocking(false)?;
            Ok::<_, io::Error>(is_silent)
        };
        silent().unwrap_or(false)
    }

    /// Whether nothing came but a little that TLS says to itself, such as tickets to come back with.
    fn says_nothing(&self, secure: &mut TlsSession) -> bool {
        for _ in 0..MOST_ASIDE {
            if self.understand(secure, &mut []).is_err() || secure.has_rest() || secure.is_over() {
                return false;
            }
            match (&self.stream).read(secure.room()) {
                Ok(len) if len > 0 => secure.came(len),
                read => return would_block(read),
            }
        }
        false
    }
}

fn would_block(read: io::Result<usize>) -> bool {
    matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// Looks whether there is something to read.
#[cfg(unix)]
mod look {
    use std::io;
    use std::mem::MaybeUninit;
    use std::net::TcpStream;

    use socket2::SockRef;

    /// Reads a byte if it is there: one call instead of three, and there is one look at least for each
    /// small file.
    pub fn read_at_once(stream: &TcpStream) -> io::Result<usize> {
        let mut byte = [MaybeUninit::uninit()];
        SockRef::from(stream).recv_with_flags(&mut byte, libc::MSG_DONTWAIT)
    }
}

/// Looks whether there is something to read.
#[cfg(not(unix))]
mod look {
    use std::io::{self, Read as _};
    use std::net::TcpStream;

    /// Reads a byte if it is there.
    pub fn read_at_once(mut stream: &TcpStream) -> io::Result<usize> {
        stream.set_nonblocking(true)?;
        let read = stream.read(&mut [0]);
        stream.set_nonblocking(false)?;
        read
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
            rcvlowat::set(stream, wish)?;
            self.low_water = wish;
        }
        Ok(())
    }
}
