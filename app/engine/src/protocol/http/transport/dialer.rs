//! Makes the connections of one worker.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use ureq::Error;

use super::socket::Socket;
use super::tls_config::TlsConfig;
use super::tls_session::TlsSession;
use super::wait_policy::WaitPolicy;
use crate::sync;
use crate::sync::cancel::CancelToken;

/// Limits of the receive buffer of a TLS connection, in bytes. The lower one exceeds every record
/// and every certificate chain. Between them [`TOTAL_TLS_BUF`] is shared.
const TLS_BUF: [usize; 2] = [64 * 1024, 256 * 1024];
/// Receive buffers of all TLS connections of a download together, in bytes.
const TOTAL_TLS_BUF: usize = 4 << 20;

/// Makes connections that a [`CancelToken`] can shut down. Clones share the download they work for.
#[derive(Clone)]
pub(crate) struct Dialer {
    tls_config: Arc<TlsConfig>,
    tls_buf_len: usize,
    owner: Arc<Mutex<Owner>>,
}

/// The download that the connections belong to.
#[derive(Clone)]
struct Owner {
    cancel: CancelToken,
    policy: WaitPolicy,
}

impl Owner {
    fn new(cancel: &CancelToken, policy: WaitPolicy) -> Self {
        Self {
            cancel: cancel.clone(),
            policy,
        }
    }
}

impl Dialer {
    /// Creates the dialer of one of `connections` workers of a download, which waits by this policy.
    pub fn new(
        tls_config: &Arc<TlsConfig>,
        cancel: &CancelToken,
        connections: usize,
        policy: WaitPolicy,
    ) -> Self {
        let [min, max] = TLS_BUF;
        Self {
            tls_config: Arc::clone(tls_config),
            tls_buf_len: (TOTAL_TLS_BUF / connections.max(1)).clamp(min, max),
            owner: Arc::new(Mutex::new(Owner::new(cancel, policy))),
        }
    }

    /// Hands the dialer and its connection over `socket` to another download. Returns `false` if
    /// either download was stopped.
    pub fn reassign(&self, cancel: &CancelToken, policy: WaitPolicy, socket: &Socket) -> bool {
        let owner = Owner::new(cancel, policy);
        *self.owner() = owner.clone();
        socket.reassign(&owner.cancel, &owner.policy)
    }

    fn owner(&self) -> MutexGuard<'_, Owner> {
        sync::lock(&self.owner)
    }

    pub fn tls_config(&self) -> &TlsConfig {
        &self.tls_config
    }

    /// Connects to the first of `addresses` that accepts, on behalf of `origin` (scheme, host and
    /// port), and performs the TLS handshake for HTTPS. Calls `on_accept` once the server has
    /// accepted the connection, before the handshake.
    ///
    /// # Errors
    /// [`Error::Other`] with a `ConnectError`; [`Error::Rustls`] if TLS cannot be configured;
    /// [`Error::Io`] if the handshake fails.
    pub fn dial(
        &self,
        origin: &str,
        addresses: impl IntoIterator<Item = SocketAddr>,
        on_accept: impl FnOnce(),
    ) -> Result<Socket, Error> {
        let Owner { cancel, policy } = self.owner().clone();
        let connect = || {
            Socket::connect(addresses, origin.to_owned(), &cancel, &policy)
                .map_err(|error| Error::Other(Box::new(error)))
        };
        let Some(authority) = origin.strip_prefix("https://") else {
            return connect();
        };
        let config = self.tls_config.client_config().map_err(Error::Rustls)?;
        let tls = TlsSession::new(config, host(authority), self.tls_buf_len).map_err(Error::Io)?;
        let socket = connect()?;
        on_accept();
        socket.handshake(tls).map_err(Error::Io)
    }
}

/// Returns the host of a host and port; an IPv6 address without its brackets.
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
    fn host_is_the_text_before_the_port() {
        for (authority, name) in [("h", "h"), ("h.org:444", "h.org"), ("1.2.3.4:5", "1.2.3.4")] {
            assert_eq!(host(authority), name);
        }
        assert_eq!((host("[::1]:443"), host("[::1]")), ("::1", "::1"));
    }
}
