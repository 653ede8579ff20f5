//! The permit of one connection to a server, and the download that asks for it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::share::HostShare;
use super::{HostLimiter, Inner};
use crate::model::bottleneck::PermitLimit;
use crate::model::display_text::connections;
use crate::scheduling::host_tolerance::{HostTolerance, Refusal};
use crate::sync::notify::Notify;

/// One download as a client of the limiter.
#[derive(Debug, Clone)]
pub(crate) struct HostClient {
    pub(super) limiter: Arc<HostLimiter>,
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

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Returns a share of this download without permits.
    pub(super) fn empty_share(&self) -> HostShare {
        HostShare {
            id: self.id,
            held: 0,
            yielding: 0,
            waiting: 0,
            excess: Arc::default(),
            notify: Arc::clone(&self.notify),
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

    /// Returns the limit that the download waits for at `server`, if it does because of the server or of
    /// other downloads.
    pub fn permit_limit(&self, server: &str) -> Option<PermitLimit> {
        let inner = self.limiter.lock();
        if inner.is_tolerance_reached(server) {
            let limit = inner.tolerances.get(server)?.limit()?;
            return Some(PermitLimit::Server(limit));
        }
        let shares = inner.hosts.get(server)?;
        let others = shares.iter().filter(|share| share.id != self.id);
        let held: usize = others.map(|share| share.held).sum();
        (held > 0).then_some(PermitLimit::PerHost(inner.limit))
    }

    /// Returns a notice for the user if the download waits for `server` because of other downloads.
    pub fn wait_reason(&self, server: &str) -> Option<String> {
        let inner = self.limiter.lock();
        if inner.is_tolerance_reached(server)
            && let Some(limit) = inner.tolerances.get(server)?.limit()
        {
            let limit = connections(limit);
            return Some(format!("{server} accepts {limit}: the others wait"));
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
