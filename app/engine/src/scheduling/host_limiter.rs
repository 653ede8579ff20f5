//! Limits the connections of all downloads to each HTTP server, shared max-min fairly.
//!
//! 1. The limit is a promise to the server: it holds over all downloads of the program. With more
//!    downloads than permits, the last downloads wait, as they would in the queue.
//! 2. Within the limit, shares are max-min fair: permits are granted one per download in rounds, in
//!    the order in which the downloads arrived, while any download asks for more. So no download
//!    holds two more than another that asks for more, and the first download always holds one.
//! 3. A connection of a download above its share yields at its next claim and then waits for a
//!    permit itself, so it continues when another download ends.
//!
//! A connection counts for the server to which its URL leads at that time; the first connection of
//! a redirected URL counts for the server that redirects.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

pub(crate) use self::permit::{HostClient, HostPermit};
use self::share::HostShare;
use super::host_tolerance::HostTolerance;
use crate::model::host_connection_limit::{HostConnectionLimit, is_named};
use crate::storage::connection_limit_cache::ConnectionLimitCache;
use crate::sync;

mod permit;
mod share;
#[cfg(test)]
mod tests;

/// The permits of all servers.
#[derive(Debug)]
pub(crate) struct HostLimiter(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    /// Id of the next download.
    next_id: u64,
    /// Downloads at each server, in the order in which they arrived.
    hosts: BTreeMap<String, Vec<HostShare>>,
    /// By server: the connections that it accepts.
    tolerances: BTreeMap<String, HostTolerance>,
    /// File that remembers them, if any.
    memory: Option<ConnectionLimitCache>,
}

impl HostLimiter {
    /// Creates a limiter with `limit` connections per server, at least 1.
    pub fn new(limit: u16) -> Self {
        Self(Mutex::new(Inner {
            limit: limit.max(1).into(),
            next_id: 0,
            hosts: BTreeMap::new(),
            tolerances: BTreeMap::new(),
            memory: None,
        }))
    }

    /// Creates a limiter as [`Self::new`] that remembers in the file at `memory`, if given.
    pub fn with_memory(limit: u16, memory: Option<&Path>) -> Self {
        let limiter = Self::new(limit);
        if let Some(path) = memory {
            limiter.set_memory(ConnectionLimitCache::new(path.to_owned()));
        }
        limiter
    }

    /// Applies what `memory` knows about servers, and remembers there what is learned.
    pub fn set_memory(&self, memory: ConnectionLimitCache) {
        let known = memory.entries();
        let mut inner = self.lock();
        inner.tolerances = known
            .into_iter()
            .map(|host| {
                let tolerance = HostTolerance::remembered(host.connections.into());
                (host.server, tolerance)
            })
            .collect();
        inner.memory = Some(memory);
    }

    /// Returns the servers that refused further connections in the last day, if they are remembered.
    pub fn known_hosts(&self) -> Vec<HostConnectionLimit> {
        let memory = self.lock().memory.clone();
        memory.map_or_else(Vec::new, |memory| memory.entries())
    }

    /// Forgets how many connections `server` accepts, a host or a host and port.
    ///
    /// # Errors
    /// Those of writing the memory.
    pub fn forget(&self, server: &str) -> io::Result<()> {
        let mut inner = self.lock();
        inner.tolerances.retain(|known, _| !is_named(known, server));
        let memory = inner.memory.clone();
        drop(inner);
        memory.map_or(Ok(()), |memory| memory.forget(Some(server)).map(drop))
    }

    /// Changes the limit to `limit` connections per server, at least 1.
    pub fn set_limit(&self, limit: u16) {
        let mut inner = self.lock();
        inner.limit = limit.max(1).into();
        let limit = inner.limit;
        inner
            .hosts
            .values()
            .for_each(|all| share::rebalance(all, limit));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        sync::lock(&self.0)
    }
}

impl Inner {
    /// Returns the share of `client` at `server`; adds an empty one if there is none.
    fn share(&mut self, server: &str, client: &HostClient) -> &mut HostShare {
        let all = self.hosts.entry(server.to_owned()).or_default();
        let at = all.iter().position(|share| share.id == client.id());
        let at = at.unwrap_or_else(|| {
            all.push(client.empty_share());
            all.len() - 1
        });
        &mut all[at]
    }

    /// Returns whether `client` may hold one more permit at `server`, if its demand grows by
    /// `more`.
    fn has_room(&self, server: &str, client: &HostClient, more: usize) -> bool {
        let all = self.hosts.get(server).map_or(&[][..], Vec::as_slice);
        if self.is_tolerance_reached(server) {
            return false;
        }
        let at = all.iter().position(|share| share.id == client.id());
        if share::total_demand(all) + more <= self.limit {
            return more > 0 || at.is_some_and(|at| all[at].waiting > 0);
        }
        let mut demands: Vec<usize> = all.iter().map(HostShare::demand).collect();
        let at = at.unwrap_or_else(|| {
            demands.push(0);
            demands.len() - 1
        });
        demands[at] += more;
        let held = all.get(at).map_or(0, |share| share.held);
        let held_by_all: usize = all.iter().map(|share| share.held).sum();
        held_by_all < self.limit && held < share::max_min_shares(self.limit, &demands)[at]
    }

    /// Returns the permits of all downloads at `server`.
    fn held(&self, server: &str) -> usize {
        let all = self.hosts.get(server).map_or(&[][..], Vec::as_slice);
        all.iter().map(|share| share.held).sum()
    }

    /// Returns whether the server accepts no further connection.
    fn is_tolerance_reached(&self, server: &str) -> bool {
        let tolerance = self.tolerances.get(server);
        tolerance.is_some_and(|tolerance| tolerance.is_reached(self.held(server)))
    }

    /// Removes downloads without demand and recomputes the shares of the others.
    fn rebalance(&mut self, server: &str) {
        let Some(all) = self.hosts.get_mut(server) else {
            return;
        };
        all.retain(|share| share.demand() > 0);
        share::rebalance(all, self.limit);
        if all.is_empty() {
            self.hosts.remove(server);
        }
    }
}
