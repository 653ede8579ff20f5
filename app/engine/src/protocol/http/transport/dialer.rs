//! What connections of one worker are made with.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ureq::Error;

use super::socket::Socket;
use super::tls_config::TlsConfig;
use super::tls_session::TlsSession;
use crate::sync::cancel::CancelToken;

/// How long the first byte of an answer may take; longer with each failure, for servers that have to
/// make the file first.
const FIRST_BYTE: Duration = Duration::from_secs(8);
/// Room for what one read brings over TLS, in bytes: at least, which is more than any record and any
/// chain of certificates has, and at most. In between [`ALL_ROOM`] is shared.
const ROOM: [usize; 2] = [64 * 1024, 256 * 1024];
/// Room for what all connections of a download read over TLS, in bytes.
const ALL_ROOM: usize = 4 << 20;

/// Makes connections that a [`CancelToken`] can shut. Clones are one and the same.
#[derive(Clone)]
pub(crate) struct Dialer {
    trust: Arc<TlsConfig>,
    room: usize,
    owner: Arc<Mutex<Owner>>,
}

/// The download that it works for.
#[derive(Clone)]
struct Owner {
    stop: CancelToken,
    first_byte: Duration,
}

impl Owner {
    /// One that `stop` stops, after so many failures.
    fn new(stop: &CancelToken, failures: usize) -> Self {
        Self {
            stop: stop.clone(),
            first_byte: FIRST_BYTE * (failures as u32 + 1).min(3),
        }
    }
}

impl Dialer {
    /// For one of so many `connections`, after so many failures.
    pub fn new(
        trust: &Arc<TlsConfig>,
        stop: &CancelToken,
        connections: usize,
        failures: usize,
    ) -> Self {
        let [least, most] = ROOM;
        Self {
            trust: Arc::clone(trust),
            room: (ALL_ROOM / connections.max(1)).clamp(least, most),
            owner: Arc::new(Mutex::new(Owner::new(stop, failures))),
        }
    }

    /// It works for another download from now on, and `socket` is that one's. Returns `false` when a switch
    /// was thrown.
    pub fn move_to(&self, stop: &CancelToken, failures: usize, socket: &Socket) -> bool {
        let owner = Owner::new(stop, failures);
        *self.owner() = owner.clone();
        socket.move_to(&owner.stop, owner.first_byte)
    }

    fn owner(&self) -> MutexGuard<'_, Owner> {
        // Whole at every moment.
        self.owner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn trust(&self) -> &TlsConfig {
        &self.trust
    }

    /// Connects on behalf of `origin` (scheme, host and port) to the first of its addresses that answers;
    /// over TLS hands are shaken too. `reached` is called once the server has taken the connection.
    ///
    /// # Errors
    /// See [`Socket::connect`] and [`Socket::shake_hands`].
    pub fn dial(
        &self,
        origin: &str,
        addresses: impl IntoIterator<Item = SocketAddr>,
        reached: impl FnOnce(),
    ) -> Result<Socket, Error> {
        let Owner { stop, first_byte } = self.owner().clone();
        let connect = || Socket::connect(addresses, origin.to_owned(), &stop, first_byte);
        let Some(authority) = origin.strip_prefix("https://") else {
            return connect().map_err(Error::Io);
        };
        let config = self.trust.config().map_err(Error::Rustls)?;
        let secured = || -> io::Result<Socket> {
            let secure = TlsSession::new(config, host(authority), self.room)?;
            let socket = connect()?;
            reached();
            socket.shake_hands(secure)
        };
        secured().map_err(Error::Io)
    }
}

/// The host of a host and port, an address of IPv6 without its brackets.
fn host(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => authority.split(':').next(),
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_stands_before_the_port() {
        for (authority, name) in [("h", "h"), ("h.org:444", "h.org"), ("1.2.3.4:5", "1.2.3.4")] {
            assert_eq!(host(authority), name);
        }
        assert_eq!((host("[::1]:443"), host("[::1]")), ("::1", "::1"));
    }
}
