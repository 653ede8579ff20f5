//! Connects to the first of several addresses that accepts (Happy Eyeballs, RFC 8305).
//!
//! An address that swallows packets costs the attempt delay, not a whole timeout. Attempts run at the same
//! time over non-blocking sockets, on the caller's thread; the first one that connects wins, and the others
//! are closed.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::{recent_addresses, way_binding};
use crate::model::way::WayName;
use crate::protocol::error::ConnectError;

/// Delay between the starts of two attempts (RFC 8305, 8: Connection Attempt Delay).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Longest single wait. On Windows shutting down a socket that still connects does not end the wait, so
/// the wait looks for it.
const MAX_WAIT: Duration = if cfg!(windows) {
    Duration::from_millis(100)
} else {
    Duration::MAX
};

/// A connected socket.
pub(crate) struct Connected<G> {
    /// The socket, in blocking mode.
    pub stream: TcpStream,
    /// The guard that the caller made for it.
    pub guard: G,
    /// Duration of the connect, which is one round trip.
    pub round_trip: Duration,
}

/// One connect in progress.
struct PreparedAttempt<G> {
    address: SocketAddr,
    stream: TcpStream,
    guard: G,
    begun: Instant,
}

/// Connects to the first of `addresses` that accepts, each for at most `limit`, over `way` if one is chosen. Calls `watch` with each
/// socket before it connects, so that another thread can shut it down; `None` ends the connect.
///
/// # Errors
/// The most telling error of all addresses; [`ConnectError::NoAddress`] if there is none;
/// [`ConnectError::Stopped`] once `watch` returned `None`.
pub(super) fn connect<G>(
    addresses: impl IntoIterator<Item = SocketAddr>,
    limit: Duration,
    way: Option<&WayName>,
    watch: impl FnMut(&TcpStream) -> Option<G>,
) -> Result<Connected<G>, ConnectError> {
    let mut addresses = interleave(addresses.into_iter().collect());
    recent_addresses::prefer(&mut addresses);
    let mut race = Race {
        waiting: addresses.into_iter(),
        attempts: Vec::new(),
        next_start: Instant::now(),
        limit,
        way,
        watch,
        error: ConnectError::NoAddress,
    };
    loop {
        race.start_due()?;
        if race.attempts.is_empty() {
            return Err(race.error);
        }
        if let Some(index) = race.wait()? {
            return race.finish(index);
        }
    }
}

/// Alternates the address families, beginning with the first one (RFC 8305, 4).
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut order = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return order;
        }
        order.extend(pair.into_iter().flatten());
    }
}

struct Race<'a, G, W> {
    waiting: std::vec::IntoIter<SocketAddr>,
    attempts: Vec<PreparedAttempt<G>>,
    /// Time of the next start, unless an attempt fails before.
    next_start: Instant,
    limit: Duration,
    way: Option<&'a WayName>,
    watch: W,
    /// The most telling error so far.
    error: ConnectError,
}

impl<G, W: FnMut(&TcpStream) -> Option<G>> Race<'_, G, W> {
    /// Starts the attempts that are due.
    fn start_due(&mut self) -> Result<(), ConnectError> {
        while self.attempts.is_empty() || self.next_start <= Instant::now() {
            let Some(address) = self.waiting.next() else {
                break;
            };
            match self.start(address) {
                Ok(attempt) => {
                    self.attempts.push(attempt);
                    self.next_start = Instant::now() + ATTEMPT_DELAY;
                }
                Err(ConnectError::Stopped) => return Err(ConnectError::Stopped),
                Err(error) => self.record(error),
            }
        }
        Ok(())
    }

    fn start(&mut self, address: SocketAddr) -> Result<PreparedAttempt<G>, ConnectError> {
        let domain = Domain::for_address(address);
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP));
        let socket = socket.map_err(ConnectError::Io)?;
        if let Some(way) = self.way {
            way_binding::bind(&socket, way, address)?;
        }
        let stream = TcpStream::from(socket);
        let guard = (self.watch)(&stream).ok_or(ConnectError::Stopped)?;
        stream.set_nonblocking(true).map_err(ConnectError::Io)?;
        let begun = Instant::now();
        match SockRef::from(&stream).connect(&address.into()) {
            Err(error) if !is_in_progress(&error) => Err(self.connect_error(error)),
            _ => Ok(PreparedAttempt {
                address,
                stream,
                guard,
                begun,
            }),
        }
    }

    /// Waits until an attempt has connected, and returns its index; `None` if the next attempt is due or
    /// one has failed.
    fn wait(&mut self) -> Result<Option<usize>, ConnectError> {
        let now = Instant::now();
        let deadlines = self.attempts.iter().map(|each| each.begun + self.limit);
        let start = (!self.waiting.as_slice().is_empty()).then_some(self.next_start);
        let until = deadlines.chain(start).min().unwrap_or(now);
        let time = until.saturating_duration_since(now).min(MAX_WAIT);
        let ready = poll_writable(&self.attempts, time).map_err(ConnectError::Io)?;
        if cfg!(windows) && self.is_stopped() {
            return Err(ConnectError::Stopped);
        }
        let mut lost = Vec::new();
        for (index, attempt) in self.attempts.iter().enumerate() {
            let error = if ready.get(index) == Some(&true) {
                match outcome(&attempt.stream) {
                    Ok(()) => return Ok(Some(index)),
                    Err(error) => self.connect_error(error),
                }
            } else if attempt.begun + self.limit <= Instant::now() {
                ConnectError::Timeout(self.limit)
            } else {
                continue;
            };
            lost.push((index, error));
        }
        for (index, error) in lost.into_iter().rev() {
            let address = self.attempts.remove(index).address;
            // A chosen way may have failed, rather than the address.
            if self.way.is_none() {
                recent_addresses::failed(address);
            }
            self.record(error);
            // A failure starts the next attempt at once.
            self.next_start = Instant::now();
        }
        Ok(None)
    }

    /// Returns whether the caller has stopped the connect.
    fn is_stopped(&mut self) -> bool {
        let stream = self.attempts.first().map(|attempt| &attempt.stream);
        stream.is_some_and(|stream| (self.watch)(stream).is_none())
    }

    /// Returns the connected attempt; the others close.
    fn finish(mut self, index: usize) -> Result<Connected<G>, ConnectError> {
        let attempt = self.attempts.swap_remove(index);
        let round_trip = attempt.begun.elapsed();
        recent_addresses::reached(attempt.address);
        let blocking = attempt.stream.set_nonblocking(false);
        blocking.map_err(ConnectError::Io)?;
        Ok(Connected {
            stream: attempt.stream,
            guard: attempt.guard,
            round_trip,
        })
    }

    fn connect_error(&self, error: io::Error) -> ConnectError {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => ConnectError::Refused,
            io::ErrorKind::TimedOut => ConnectError::Timeout(self.limit),
            // Another thread has shut the socket down.
            io::ErrorKind::NotConnected => ConnectError::Stopped,
            _ => ConnectError::Io(error),
        }
    }

    /// Keeps the error that tells most: an answer of the server rather than silence, and silence rather
    /// than an address family that this system lacks.
    fn record(&mut self, error: ConnectError) {
        let rank = |error: &ConnectError| match error {
            ConnectError::Refused | ConnectError::Stopped => 3,
            ConnectError::Timeout(_) => 2,
            ConnectError::NoAddress => 0,
            _ => 1,
        };
        if rank(&error) >= rank(&self.error) {
            self.error = error;
        }
    }
}

fn is_in_progress(error: &io::Error) -> bool {
    let errno = rustix::io::Errno::from_io_error(error);
    error.kind() == io::ErrorKind::WouldBlock || errno == Some(rustix::io::Errno::INPROGRESS)
}

/// Returns for each attempt whether its connect has ended, after at most `time`.
fn poll_writable<G>(attempts: &[PreparedAttempt<G>], time: Duration) -> io::Result<Vec<bool>> {
    let events = PollFlags::OUT;
    let polled = attempts.iter();
    let mut polled: Vec<_> = polled
        .map(|attempt| PollFd::new(&attempt.stream, events))
        .collect();
    let timeout = Timespec::try_from(time).ok();
    match poll(&mut polled, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(polled.iter().map(|fd| !fd.revents().is_empty()).collect())
}

/// Returns how a connect has ended.
fn outcome(stream: &TcpStream) -> io::Result<()> {
    match stream.take_error()? {
        Some(error) => Err(error),
        None => stream.peer_addr().map(drop),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::sync::cancel::CancelToken;

    const LIMIT: Duration = Duration::from_secs(10);

    /// An address that never answers: its queue of connections is full.
    struct StalledBody {
        listener: Socket,
        _queued: Vec<TcpStream>,
    }

    impl StalledBody {
        fn bind() -> Self {
            let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
            listener.bind(&any.into()).unwrap();
            listener.listen(0).unwrap();
            let address = listener.local_addr().unwrap();
            let connect = |_| {
                let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
                socket.set_nonblocking(true).unwrap();
                let _ = socket.connect(&address);
                TcpStream::from(socket)
            };
            let queued: Vec<TcpStream> = (0..4).map(connect).collect();
            let first = &queued[0];
            while first.peer_addr().is_err() {
                std::thread::yield_now();
            }
            Self {
                listener,
                _queued: queued,
            }
        }

        fn address(&self) -> SocketAddr {
            self.listener.local_addr().unwrap().as_socket().unwrap()
        }
    }

    fn race(addresses: &[SocketAddr], limit: Duration) -> Result<Connected<()>, ConnectError> {
        connect(addresses.iter().copied(), limit, None, |_| Some(()))
    }

    #[test]
    fn families_alternate_beginning_with_the_first() {
        let order = |text: &str| {
            let all = text.split(' ').map(|each| each.parse().unwrap()).collect();
            let each = interleave(all);
            let each = each
                .iter()
                .map(|address: &SocketAddr| address.ip().to_string());
            each.collect::<Vec<_>>().join(" ")
        };
        let mixed = "[::1]:1 [::2]:1 [::3]:1 1.1.1.1:1 1.1.1.2:1";
        assert_eq!(order(mixed), "::1 1.1.1.1 ::2 1.1.1.2 ::3");
        assert_eq!(order("1.1.1.1:1 [::1]:1"), "1.1.1.1 ::1");
        assert_eq!(order("1.1.1.1:1 1.1.1.2:1"), "1.1.1.1 1.1.1.2");
    }

    #[test]
    fn silent_addresses_cost_the_attempt_delay() {
        let silent = [StalledBody::bind(), StalledBody::bind()];
        for dead in 1..=2 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let good = listener.local_addr().unwrap();
            let mut addresses: Vec<_> = silent[..dead].iter().map(StalledBody::address).collect();
            addresses.push(good);
            let begun = Instant::now();
            let connected = race(&addresses, LIMIT).unwrap();
            assert_eq!(connected.stream.peer_addr().unwrap(), good);
            let delay = ATTEMPT_DELAY * dead as u32;
            let first = begun.elapsed();
            assert!(first >= delay && first < delay + LIMIT / 4, "{first:?}");
            // The next connection tries the good address first.
            let begun = Instant::now();
            race(&addresses, LIMIT).unwrap();
            assert!(begun.elapsed() < delay, "{:?}", begun.elapsed());
        }
    }

    #[test]
    fn refusing_addresses_cost_nothing_and_the_telling_error_is_reported() {
        let closed = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap()
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let good = listener.local_addr().unwrap();
        let begun = Instant::now();
        assert!(race(&[closed(), closed(), good], LIMIT).is_ok());
        assert!(begun.elapsed() < LIMIT / 4);
        let silent = StalledBody::bind();
        let error = |addresses: &[SocketAddr]| race(addresses, ATTEMPT_DELAY / 5).err();
        assert!(matches!(error(&[closed()]), Some(ConnectError::Refused)));
        let both = error(&[silent.address(), closed()]);
        assert!(matches!(both, Some(ConnectError::Refused)), "{both:?}");
        let none = error(&[silent.address()]);
        assert!(matches!(none, Some(ConnectError::Timeout(_))), "{none:?}");
        assert!(matches!(error(&[]), Some(ConnectError::NoAddress)));
    }

    #[test]
    fn cancelling_ends_all_attempts_at_once() {
        let silent = [StalledBody::bind(), StalledBody::bind()];
        let cancel = CancelToken::default();
        let (begun, addresses) = (Instant::now(), silent.each_ref().map(StalledBody::address));
        let result = std::thread::scope(|scope| {
            let racing = scope.spawn(|| {
                let watch = |socket: &TcpStream| cancel.guard(socket);
                connect(addresses, LIMIT, None, watch).map(drop)
            });
            std::thread::park_timeout(ATTEMPT_DELAY * 2);
            cancel.cancel();
            racing.join().unwrap()
        });
        assert!(result.is_err(), "{result:?}");
        assert!(begun.elapsed() < LIMIT / 2);
    }
}
