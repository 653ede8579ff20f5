//! A pool of idle HTTP connections, and of the TLS configurations that they are made with.
//!
//! Without it a batch of small files would spend most of its time connecting. A download puts an
//! idle connection into the pool when it ends, and the next one to the same server takes it. A
//! connection in the pool has no worker, so there is still one connection per worker.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use ureq::Agent;

use super::dialer::Dialer;
use super::digest_nonces::DigestNonces;
use super::proxy_routes::ProxyRoutes;
use super::socket_handle::SocketHandle;
use super::tls_config::TlsConfig;
use super::ureq_agent;
use super::wait_policy::WaitPolicy;
use crate::model::http_options::{HttpOptions, ProxyChoice};
use crate::model::way::WayName;
use crate::protocol::error::{ClientConfigError, TlsError};
use crate::scheduling::mirror::Mirror;
use crate::sync;
use crate::sync::cancel::CancelToken;

/// Limit of idle connections.
const MAX_IDLE: usize = 64;
/// Limit of idle time. Servers close idle connections after 5 s (Apache) to 75 s (nginx).
const MAX_IDLE_TIME: Duration = Duration::from_secs(15);

/// Idle connections to HTTP servers, which several downloads use one after the other.
pub struct ConnectionPool {
    /// Most recently used last.
    idle: Mutex<Vec<Idle>>,
    max_idle: usize,
    tls_configs: Mutex<Vec<(PoolKey, Arc<TlsConfig>)>>,
    nonces: Arc<DigestNonces>,
}

impl Default for ConnectionPool {
    /// Creates a pool that keeps no idle connections, for a single download.
    fn default() -> Self {
        Self::with_max_idle(0)
    }
}

impl std::fmt::Debug for ConnectionPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ConnectionPool({})", self.idle().len())
    }
}

struct Idle {
    /// Scheme, host and port.
    origin: String,
    way: Option<WayName>,
    key: PoolKey,
    connection: PooledConnection,
    since: Instant,
}

/// The options that a connection was made with.
#[derive(PartialEq, Eq)]
struct PoolKey {
    proxy: ProxyChoice,
    insecure: bool,
    ca_file: Option<PathBuf>,
}

impl From<&HttpOptions> for PoolKey {
    fn from(options: &HttpOptions) -> Self {
        Self {
            proxy: options.proxy.clone(),
            insecure: options.insecure,
            ca_file: options.ca_file.clone(),
        }
    }
}

/// A connection: the ureq agent that owns it, its state, and the dialer that made it.
pub(crate) struct PooledConnection {
    pub agent: Agent,
    pub transport: SocketHandle,
    pub dialer: Dialer,
    /// Nonces of Digest authentication, which the connections of a download share.
    pub nonces: Arc<DigestNonces>,
    /// Read buffer. Allocating it takes as long as reading a short response.
    pub buf: Vec<u8>,
}

impl ConnectionPool {
    /// Creates a pool that keeps idle connections from one download to the next.
    pub(crate) fn with_reuse() -> Self {
        Self::with_max_idle(MAX_IDLE)
    }

    fn with_max_idle(max_idle: usize) -> Self {
        Self {
            idle: Mutex::default(),
            max_idle,
            tls_configs: Mutex::default(),
            nonces: Arc::default(),
        }
    }

    /// Takes an idle connection to the current server of `mirror` over `way`, for a download that `cancel`
    /// stops and that waits by `policy`. The server may have closed it; the next request shows that.
    pub(crate) fn take(
        &self,
        mirror: &Mirror,
        options: &HttpOptions,
        way: Option<&WayName>,
        cancel: &CancelToken,
        policy: &WaitPolicy,
    ) -> Option<PooledConnection> {
        let (origin, key) = (mirror.origin(), PoolKey::from(options));
        loop {
            let connection = self.take_latest(&origin, way, &key)?;
            if let Some(socket) = connection.transport.socket()
                && connection.dialer.reassign(cancel, policy.clone(), &socket)
            {
                connection
                    .transport
                    .reassign(&mirror.known_address, &socket);
                return Some(connection);
            }
        }
    }

    fn take_latest(
        &self,
        origin: &str,
        way: Option<&WayName>,
        key: &PoolKey,
    ) -> Option<PooledConnection> {
        let fits =
            |idle: &Idle| idle.origin == *origin && idle.way.as_ref() == way && idle.key == *key;
        let mut idle = self.idle();
        let index = idle.iter().rposition(fits)?;
        Some(idle.remove(index).connection)
    }

    /// Puts back a connection to the current server of `mirror`.
    pub(crate) fn put(&self, mirror: &Mirror, options: &HttpOptions, connection: PooledConnection) {
        let now = Instant::now();
        let mut idle = self.idle();
        idle.retain(|idle| now.duration_since(idle.since) < MAX_IDLE_TIME);
        if idle.len() < self.max_idle {
            idle.push(Idle {
                origin: mirror.origin(),
                way: connection.dialer.way().cloned(),
                key: options.into(),
                connection,
                since: now,
            });
        }
    }

    /// Prepares a new connection to `mirror`, as one of `connections` of a download that `cancel`
    /// stops and that waits by `policy`. The first request connects it, over the first way of the options
    /// unless [`Self::prepare_over`] names another.
    ///
    /// # Errors
    /// The options name a CA file that cannot be read, or an invalid proxy.
    pub(crate) fn prepare(
        &self,
        mirror: &Mirror,
        options: &HttpOptions,
        cancel: &CancelToken,
        connections: usize,
        policy: WaitPolicy,
    ) -> Result<PooledConnection, ClientConfigError> {
        let way = options.ways.first();
        self.prepare_over(way, mirror, options, cancel, (connections, policy))
    }

    /// As [`Self::prepare`], over `way`; `None` for the route of the system.
    ///
    /// # Errors
    /// As [`Self::prepare`].
    pub(crate) fn prepare_over(
        &self,
        way: Option<&WayName>,
        mirror: &Mirror,
        options: &HttpOptions,
        cancel: &CancelToken,
        (connections, policy): (usize, WaitPolicy),
    ) -> Result<PooledConnection, ClientConfigError> {
        let tls_config = self.tls_config(options)?;
        let proxies = ProxyRoutes::new(&options.proxy)?;
        let dialer = Dialer::new(&tls_config, proxies, cancel, connections, policy).over(way);
        let transport = SocketHandle::new(&mirror.known_address);
        let agent = ureq_agent::build(&dialer, &transport);
        Ok(PooledConnection {
            agent,
            nonces: Arc::clone(&self.nonces),
            transport,
            dialer,
            buf: Vec::new(),
        })
    }

    /// Returns the TLS configuration that all connections with these options share.
    fn tls_config(&self, options: &HttpOptions) -> Result<Arc<TlsConfig>, TlsError> {
        let key = PoolKey::from(options);
        let mut configs = self.tls_configs();
        if let Some((_, config)) = configs.iter().find(|(other, _)| *other == key) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(TlsConfig::new(options)?);
        configs.push((key, Arc::clone(&config)));
        Ok(config)
    }

    /// Closes all idle connections and drops the TLS configurations.
    pub fn clear(&self) {
        self.idle().clear();
        self.tls_configs().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        sync::lock(&self.idle)
    }

    fn tls_configs(&self) -> MutexGuard<'_, Vec<(PoolKey, Arc<TlsConfig>)>> {
        sync::lock(&self.tls_configs)
    }
}
