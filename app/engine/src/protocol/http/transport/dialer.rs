//! Makes the connections of one worker.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use ureq::Error;

use super::deadline_stream::DeadlineStream;
use super::http_proxy::{self, AbsoluteForm};
use super::proxy_routes::{ProxyRoutes, Server};
use super::socket::Socket;
use super::socks;
use super::tls_codec::TlsCodec;
use super::tls_config::TlsConfig;
use super::wait_policy::WaitPolicy;
use crate::model::proxy_url::{ProxyProtocol, ProxyUrl};
use crate::model::way::WayName;
use crate::protocol::error::{ConnectError, ProxyError, TlsError};
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
    proxies: Arc<ProxyRoutes>,
    tls_buf_len: usize,
    /// Network interface of the connections; `None` for the route of the system.
    way: Option<WayName>,
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
        proxies: ProxyRoutes,
        cancel: &CancelToken,
        connections: usize,
        policy: WaitPolicy,
    ) -> Self {
        let [min, max] = TLS_BUF;
        Self {
            tls_config: Arc::clone(tls_config),
            proxies: Arc::new(proxies),
            way: None,
            tls_buf_len: (TOTAL_TLS_BUF / connections.max(1)).clamp(min, max),
            owner: Arc::new(Mutex::new(Owner::new(cancel, policy))),
        }
    }

    /// Makes all connections over `way`, if one is chosen.
    pub fn over(self, way: Option<&WayName>) -> Self {
        let way = way.cloned();
        Self { way, ..self }
    }

    /// Returns the way of the connections, if one is chosen.
    pub fn way(&self) -> Option<&WayName> {
        self.way.as_ref()
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

    /// Returns the proxy of requests to `origin` (scheme, host and port); `None` if it is reached directly.
    ///
    /// # Errors
    /// [`ProxyError::Variable`].
    pub fn proxy(&self, origin: &str) -> Result<Option<&ProxyUrl>, ProxyError> {
        self.proxies.route(&Server::of(origin))
    }

    /// Connects to the first of `addresses` that accepts, on behalf of `origin` (scheme, host and
    /// port), and performs the TLS handshake for HTTPS. The addresses are those of the proxy if requests
    /// to `origin` have one. Calls `on_accept` once the connection is accepted, before any handshake.
    ///
    /// # Errors
    /// [`Error::Other`] with a `ConnectError`, a `ProxyError` or a `TlsError`; [`Error::Io`] if the
    /// handshake with the server fails.
    pub fn dial(
        &self,
        origin: &str,
        addresses: impl IntoIterator<Item = SocketAddr>,
        on_accept: impl FnOnce(),
    ) -> Result<Socket, Error> {
        let Owner { cancel, policy } = self.owner().clone();
        let server = Server::of(origin);
        let proxy = self.proxies.route(&server).map_err(proxy_failed)?;
        let tls = server.is_https.then(|| self.tls_codec(server.host));
        let tls = tls.transpose()?;
        let connected = Socket::connect(
            addresses,
            origin.to_owned(),
            self.way.as_ref(),
            &cancel,
            &policy,
        );
        let mut socket = connected.map_err(|error| connect_failed(error, proxy))?;
        on_accept();
        if let Some(proxy) = proxy {
            socket = self.through(proxy, socket, &server, origin)?;
        }
        match tls {
            Some(tls) => socket.handshake(tls).map_err(Error::Io),
            None => Ok(socket),
        }
    }

    fn tls_codec(&self, host: &str) -> Result<TlsCodec, Error> {
        let config = self.tls_config.client_config();
        let config = config.map_err(|error| Error::Other(Box::new(TlsError::from(error))))?;
        TlsCodec::new(config, host, self.tls_buf_len).map_err(Error::Io)
    }

    /// Lets the proxy at the other end of `socket` connect to `server`.
    fn through(
        &self,
        proxy: &ProxyUrl,
        mut socket: Socket,
        server: &Server<'_>,
        origin: &str,
    ) -> Result<Socket, Error> {
        if proxy.protocol == ProxyProtocol::Https {
            let tls = self.tls_codec(&proxy.host)?;
            let secured = socket.handshake(tls);
            socket = secured.map_err(|reason| {
                let proxy = proxy.server();
                proxy_failed(ProxyError::Tls { proxy, reason })
            })?;
        }
        if proxy.is_http() && !server.is_https {
            socket.set_absolute_form(AbsoluteForm::new(proxy, origin));
            return Ok(socket);
        }
        let mut exchange = DeadlineStream::begin(&socket);
        let made = match proxy.is_http() {
            true => http_proxy::open_tunnel(&mut exchange, proxy, server),
            false => socks::connect(&mut exchange, proxy, server),
        };
        made.map_err(proxy_failed)?;
        Ok(socket)
    }
}

/// Wraps the error of a connect to a server, or to a proxy, for ureq.
pub(super) fn connect_failed(error: ConnectError, proxy: Option<&ProxyUrl>) -> Error {
    match (error, proxy) {
        (error @ ConnectError::Stopped, _) | (error, None) => Error::Other(Box::new(error)),
        (error, Some(proxy)) => proxy_failed(ProxyError::Unreachable {
            proxy: proxy.server(),
            reason: Box::new(error),
        }),
    }
}

/// Wraps the error of a proxy for ureq.
pub(super) fn proxy_failed(error: ProxyError) -> Error {
    Error::Other(Box::new(error))
}
