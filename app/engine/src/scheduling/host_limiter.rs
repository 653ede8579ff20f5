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

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use super::host_tolerance::{HostTolerance, Refusal};
use crate::storage::host_memory::HostMemory;
use crate::sync;
use crate::sync::notify::Notify;

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
    memory: Option<HostMemory>,
}

/// The permits of one download at one server.
#[derive(Debug)]
struct HostShare {
    /// Id of the download.
    id: u64,
    /// Connections that hold a permit.
    held: usize,
    /// Connections that hold a permit and are about to return it.
    yielding: usize,
    /// Connections that wait for a permit.
    waiting: usize,
    /// Connections that must still start to yield.
    excess: Arc<AtomicUsize>,
    /// Notified when a permit may be available.
    notify: Arc<Notify>,
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
            limiter.set_memory(HostMemory::new(path.to_owned()));
        }
        limiter
    }

    /// Applies what `memory` knows about servers, and remembers there what is learned.
    pub fn set_memory(&self, memory: HostMemory) {
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

    /// Changes the limit to `limit` connections per server, at least 1.
    pub fn set_limit(&self, limit: u16) {
        let mut inner = self.lock();
        inner.limit = limit.max(1).into();
        let limit = inner.limit;
        inner.hosts.values().for_each(|all| rebalance(all, limit));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        sync::lock(&self.0)
    }
}

impl Inner {
    /// Returns the share of `client` at `server`; adds an empty one if there is none.
    fn share(&mut self, server: &str, client: &HostClient) -> &mut HostShare {
        let all = self.hosts.entry(server.to_owned()).or_default();
        let at = all.iter().position(|share| share.id == client.id);
        let at = at.unwrap_or_else(|| {
            all.push(HostShare {
                id: client.id,
                held: 0,
                yielding: 0,
                waiting: 0,
                excess: Arc::default(),
                notify: Arc::clone(&client.notify),
            });
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
        let at = all.iter().position(|share| share.id == client.id);
        if total_demand(all) + more <= self.limit {
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
        held_by_all < self.limit && held < max_min_shares(self.limit, &demands)[at]
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
        rebalance(all, self.limit);
        if all.is_empty() {
            self.hosts.remove(server);
        }
    }
}

impl HostShare {
    fn demand(&self) -> usize {
        self.held + self.waiting
    }
}

fn total_demand(all: &[HostShare]) -> usize {
    all.iter().map(HostShare::demand).sum()
}

/// Sets the excess of each download, and notifies those that may take a permit.
fn rebalance(all: &[HostShare], limit: usize) {
    if total_demand(all) <= limit {
        for share in all {
            share.excess.store(0, Ordering::Release);
            if share.waiting > 0 {
                share.notify.notify_all();
            }
        }
        return;
    }
    let demands: Vec<usize> = all.iter().map(HostShare::demand).collect();
    let held_by_all: usize = all.iter().map(|share| share.held).sum();
    for (share, fair) in all.iter().zip(max_min_shares(limit, &demands)) {
        let staying = share.held - share.yielding;
        let excess = staying.saturating_sub(fair);
        share.excess.store(excess, Ordering::Release);
        if share.waiting > 0 && share.held < fair && held_by_all < limit {
            share.notify.notify_all();
        }
    }
}

/// Returns the max-min fair allocation of `limit` permits for these demands.
fn max_min_shares(limit: usize, demands: &[usize]) -> Vec<usize> {
    let mut shares = vec![0; demands.len()];
    let mut free = limit;
    loop {
        let before = free;
        for (share, demand) in shares.iter_mut().zip(demands) {
            if free > 0 && *share < *demand {
                *share += 1;
                free -= 1;
            }
        }
        if free == before {
            return shares;
        }
    }
}

/// One download as a client of the limiter.
#[derive(Debug, Clone)]
pub(crate) struct HostClient {
    limiter: Arc<HostLimiter>,
    id: u64,
    notify: Arc<Notify>,
}

impl HostClient {
    /// Registers a new download; `notify` is notified when a permit may be available for it.
    pub fn new(limiter: Arc<HostLimiter>, notify: Arc<Notify>) -> Self {
        let id = {
            let mut inner = limiter.lock();
            inner.next_id += 1;
            inner.next_id
        };
        Self {
            limiter,
            id,
            notify,
        }
    }

    /// Returns a permit for `server` if one is available now.
    pub fn try_acquire(&self, server: &str) -> Option<HostPermit> {
        let mut inner = self.limiter.lock();
        inner.has_room(server, self, 1).then(|| {
            inner.share(server, self).held += 1;
            self.permit(&mut inner, server, true)
        })
    }

    /// Returns a permit to wait for; [`HostPermit::try_acquire`] takes it once it is available.
    pub fn enqueue(&self, server: &str) -> HostPermit {
        let mut inner = self.limiter.lock();
        inner.share(server, self).waiting += 1;
        self.permit(&mut inner, server, false)
    }

    fn permit(&self, inner: &mut Inner, server: &str, is_held: bool) -> HostPermit {
        let excess = Arc::clone(&inner.share(server, self).excess);
        inner.rebalance(server);
        HostPermit {
            client: self.clone(),
            server: server.to_owned(),
            excess,
            is_held,
            is_yielding: Cell::new(false),
        }
    }

    /// Returns a notice for the user if the download waits for `server` because of other downloads.
    pub fn wait_reason(&self, server: &str) -> Option<String> {
        let inner = self.limiter.lock();
        if inner.is_tolerance_reached(server)
            && let Some(limit) = inner.tolerances.get(server)?.limit()
        {
            let connections = if limit == 1 {
                "connection"
            } else {
                "connections"
            };
            return Some(format!(
                "{server} accepts {limit} {connections}: the others wait"
            ));
        }
        let all = inner.hosts.get(server)?;
        let (own, others): (Vec<&HostShare>, Vec<&HostShare>) =
            all.iter().partition(|share| share.id == self.id);
        let limit = inner.limit;
        let (own, others) = (
            own.iter().map(|share| share.held).sum::<usize>(),
            others.iter().map(|share| share.held).sum::<usize>(),
        );
        match (own, others) {
            (_, 0) => None,
            (0, _) => Some(format!(
                "Waiting for a connection: other downloads use the limit of {limit} to {server}"
            )),
            _ => Some(format!(
                "Sharing the limit of {limit} connections to {server} with other downloads"
            )),
        }
    }
}

/// The right to one connection to a server, held or waited for. Dropping it returns it.
#[derive(Debug)]
pub(crate) struct HostPermit {
    client: HostClient,
    server: String,
    /// Connections of the download that must yield.
    excess: Arc<AtomicUsize>,
    is_held: bool,
    is_yielding: Cell<bool>,
}

impl HostPermit {
    /// Returns the server that the permit is for.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Takes a permit that was waited for if it is available now. Returns whether it is held.
    pub fn try_acquire(&mut self) -> bool {
        let mut inner = self.client.limiter.lock();
        if !self.is_held && inner.has_room(&self.server, &self.client, 0) {
            self.is_held = true;
            let share = inner.share(&self.server, &self.client);
            share.waiting -= 1;
            share.held += 1;
            inner.rebalance(&self.server);
        }
        self.is_held
    }

    /// Records that the server refused the connection, which began at `since`, while it serves `served`
    /// others.
    pub fn on_refused(&self, refusal: Refusal, since: Instant, served: usize) {
        let mut inner = self.client.limiter.lock();
        let held = inner.held(&self.server);
        let tolerance = inner.tolerances.entry(self.server.clone()).or_default();
        tolerance.on_refused(refusal, since, held, served);
    }

    /// Records that the server serves a request over the connection. If it refused others before, the
    /// number that it accepts is remembered.
    pub fn on_served(&self) {
        let mut inner = self.client.limiter.lock();
        let tolerance = inner.tolerances.get_mut(&self.server);
        let learned = tolerance.and_then(HostTolerance::on_served);
        let memory = inner.memory.clone().filter(|_| learned.is_some());
        drop(inner);
        if let (Some(limit), Some(memory)) = (learned, memory) {
            let limit = u16::try_from(limit).unwrap_or(u16::MAX);
            if let Err(error) = memory.remember(&self.server, limit) {
                tracing::debug!("cannot remember what {} accepts: {error}", self.server);
            }
        }
    }

    /// Returns whether the connection must end so that another download gets the permit. Once true,
    /// it stays true.
    pub fn should_yield(&self) -> bool {
        if self.is_yielding.get() {
            return true;
        }
        // Called at every claim, and the excess is nearly always zero.
        if self.excess.load(Ordering::Acquire) == 0 {
            return false;
        }
        let mut inner = self.client.limiter.lock();
        if self.excess.load(Ordering::Acquire) > 0 {
            inner.share(&self.server, &self.client).yielding += 1;
            inner.rebalance(&self.server);
            self.is_yielding.set(true);
        }
        self.is_yielding.get()
    }
}

impl Drop for HostPermit {
    fn drop(&mut self) {
        let mut inner = self.client.limiter.lock();
        let share = inner.share(&self.server, &self.client);
        if self.is_held {
            share.held -= 1;
            share.yielding -= usize::from(self.is_yielding.get());
        } else {
            share.waiting -= 1;
        }
        inner.rebalance(&self.server);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clients<const N: usize>(limit: u16) -> [HostClient; N] {
        let limiter = Arc::new(HostLimiter::new(limit));
        [(); N].map(|()| HostClient::new(Arc::clone(&limiter), Arc::default()))
    }

    fn acquire(client: &HostClient, count: usize) -> Vec<HostPermit> {
        (0..count).map_while(|_| client.try_acquire("h")).collect()
    }

    #[test]
    fn second_download_gets_half_of_the_permits() {
        let [first, second] = clients(16);
        let mut first_permits = acquire(&first, 20);
        assert_eq!(first_permits.len(), 16, "the first download takes all");
        assert!(second.try_acquire("h").is_none());
        assert!(
            second.try_acquire("other").is_some(),
            "the limit is per server"
        );
        let mut waiting: Vec<HostPermit> = (0..10).map(|_| second.enqueue("h")).collect();
        first_permits.retain(|permit| !permit.should_yield());
        assert_eq!(first_permits.len(), 8);
        let held = waiting
            .iter_mut()
            .filter_map(|permit| permit.try_acquire().then_some(()));
        assert_eq!(held.count(), 8);
        // Permits of an ended download go to the other.
        drop(waiting);
        assert_eq!(acquire(&first, 20).len(), 8);
    }

    #[test]
    fn last_downloads_wait_when_there_are_more_than_permits() {
        let [a, b, c] = clients(2);
        let (first, second) = (a.try_acquire("h"), b.try_acquire("h"));
        let mut third = c.enqueue("h");
        assert!(!third.try_acquire());
        assert!(first.as_ref().is_some_and(|permit| !permit.should_yield()));
        let reason = c.wait_reason("h").unwrap();
        assert!(reason.contains("the limit of 2 to h"), "{reason}");
        drop(first);
        assert!(third.try_acquire());
        assert!(
            c.wait_reason("h")
                .is_some_and(|reason| reason.starts_with("Sharing"))
        );
        drop(second);
        assert_eq!(c.wait_reason("h"), None);
    }

    #[test]
    fn lower_limit_applies_at_the_next_claim() {
        let [client] = clients(8);
        let mut permits = acquire(&client, 8);
        client.limiter.set_limit(3);
        permits.retain(|permit| !permit.should_yield());
        assert_eq!(permits.len(), 3);
        assert!(client.try_acquire("h").is_none());
    }

    proptest! {
        #[test]
        fn shares_are_max_min_fair(
            limit in 1_usize..70,
            demands in proptest::collection::vec(0_usize..70, 0..12),
        ) {
            let shares = max_min_shares(limit, &demands);
            let (sum, demand) = (shares.iter().sum::<usize>(), demands.iter().sum::<usize>());
            prop_assert_eq!(sum, limit.min(demand));
            for (share, demand) in shares.iter().zip(&demands) {
                prop_assert!(share <= demand);
                // A share below its demand is at most one less than any other.
                prop_assert!(share == demand || shares.iter().all(|other| *other <= share + 1));
            }
        }
    }
}
