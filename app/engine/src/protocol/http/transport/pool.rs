//! Connections that one download leaves to the next.
//!
//! Who asks for many small files would spend most of the time on making connections. So a download that
//! has one left over, silent and in good order, hands it in, and one that asks the same server next takes
//! it. It is still one connection a worker: what is handed in has none.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::Agent;

use super::connection_state::TransportState;
use super::dialer::Dialer;
use super::tls_config::TlsConfig;
use crate::model::http_options::{HttpOptions, ProxyChoice};
use crate::scheduling::mirror::Mirror;
use crate::sync::cancel::CancelToken;

/// How many are kept.
const MOST: usize = 64;
/// How long one is kept. Servers close a silent one after 5 s (Apache) to 75 s (nginx).
const LONGEST: Duration = Duration::from_secs(15);

/// Connections to HTTP servers that several downloads share, one after the other.
#[derive(Default)]
pub struct ConnectionPool {
    /// The one that came last is the last.
    idle: Mutex<Vec<Idle>>,
    trusts: Mutex<Vec<(PoolKey, Arc<TlsConfig>)>>,
}

impl std::fmt::Debug for ConnectionPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({})", self.idle().len())
    }
}

/// A connection that nobody uses.
struct Idle {
    /// Scheme, host and port.
    origin: String,
    demands: PoolKey,
    lane: PooledConnection,
    since: Instant,
}

/// What was demanded of a connection when it was made.
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

/// A connection: the agent that has it, its line, and what it was made with.
pub(crate) struct PooledConnection {
    pub agent: Agent,
    pub line: TransportState,
    pub dialer: Dialer,
    /// Room for what is read of short answers: to make it for each takes as long as to read one.
    pub buf: Vec<u8>,
}

impl ConnectionPool {
    /// One to where `site` leads now; it belongs to a download from now on that `stop` stops, after so many
    /// failures. Whether the server has closed it meanwhile is seen when something is asked over it.
    pub(crate) fn take(
        &self,
        site: &Mirror,
        options: &HttpOptions,
        stop: &CancelToken,
        failures: usize,
    ) -> Option<PooledConnection> {
        let (origin, demands) = (site.origin(), PoolKey::from(options));
        loop {
            let lane = self.last(&origin, &demands)?;
            if let Some(socket) = lane.line.socket()
                && lane.dialer.move_to(stop, failures, &socket)
            {
                lane.line.move_to(&site.door, &socket);
                return Some(lane);
            }
        }
    }

    fn last(&self, origin: &str, demands: &PoolKey) -> Option<PooledConnection> {
        let mut idle = self.idle();
        let place = idle
            .iter()
            .rposition(|idle| idle.origin == *origin && idle.demands == *demands)?;
        Some(idle.remove(place).lane)
    }

    /// Keeps one that has been to where `site` leads now.
    pub(crate) fn put(&self, site: &Mirror, options: &HttpOptions, lane: PooledConnection) {
        let now = Instant::now();
        let mut idle = self.idle();
        idle.retain(|idle| now.duration_since(idle.since) < LONGEST);
        if idle.len() < MOST {
            idle.push(Idle {
                origin: site.origin(),
                demands: options.into(),
                lane,
                since: now,
            });
        }
    }

    /// Whom those trust who have these options.
    ///
    /// # Errors
    /// See [`TlsConfig::new`].
    pub(crate) fn trust(&self, options: &HttpOptions) -> Result<Arc<TlsConfig>, String> {
        let demands = PoolKey::from(options);
        let mut trusts = self.trusts();
        if let Some((_, trust)) = trusts.iter().find(|(others, _)| *others == demands) {
            return Ok(Arc::clone(trust));
        }
        let trust = Arc::new(TlsConfig::new(options)?);
        trusts.push((demands, Arc::clone(&trust)));
        Ok(trust)
    }

    /// Closes all, and forgets who is trusted: nobody is to need one soon.
    pub fn clear(&self) {
        self.idle().clear();
        self.trusts().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        // Whole at every moment.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trusts(&self) -> MutexGuard<'_, Vec<(PoolKey, Arc<TlsConfig>)>> {
        // Whole at every moment.
        self.trusts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
