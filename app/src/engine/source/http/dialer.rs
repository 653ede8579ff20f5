//! What connections of one worker are made with.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::Error;

use super::secure::Secure;
use super::socket::Socket;
use super::trust::Trust;
use crate::engine::stop::Stop;

/// How long the first byte of an answer may take; longer with each failure, for servers that have to
/// make the file first.
const FIRST_BYTE: Duration = Duration::from_secs(8);
/// Room for what one read brings over TLS, in bytes: at least, which is more than any record and any
/// chain of certificates has, and at most. In between [`ALL_ROOM`] is shared.
const ROOM: [usize; 2] = [64 * 1024, 256 * 1024];
/// Room for what all connections of a download read over TLS, in bytes.
const ALL_ROOM: usize = 4 << 20;

/// Makes connections that a [`Stop`] can shut.
#[derive(Clone)]
pub(super) struct Dialer {
    stop: Stop,
    trust: Arc<Trust>,
    room: usize,
    first_byte: Duration,
}

impl Dialer {
    /// For one of so many `connections`, after so many failures.
    pub fn new(trust: &Arc<Trust>, stop: &Stop, connections: usize, failures: usize) -> Self {
        let [least, most] = ROOM;
        Self {
            stop: stop.clone(),
            trust: Arc::clone(trust),
            room: (ALL_ROOM / connections.max(1)).clamp(least, most),
            first_byte: FIRST_BYTE * (failures as u32 + 1).min(3),
        }
    }

    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Connects on behalf of `origin` (scheme, host and port) to the first of its addresses that answers;
    /// over TLS hands are shaken too.
    ///
    /// # Errors
    /// See [`Socket::connect`] and [`Socket::shake_hands`].
    pub fn dial(
        &self,
        origin: &str,
        addresses: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Socket, Error> {
        let connect = || Socket::connect(addresses, origin.to_owned(), &self.stop, self.first_byte);
        let Some(authority) = origin.strip_prefix("https://") else {
            return connect().map_err(Error::Io);
        };
        let config = self.trust.config().map_err(Error::Rustls)?;
        let secured = || -> io::Result<Socket> {
            let secure = Secure::new(config, host(authority), self.room)?;
            connect()?.shake_hands(secure)
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
