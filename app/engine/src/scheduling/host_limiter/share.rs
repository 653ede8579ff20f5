//! The permits of each download at one server, shared max-min fairly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sync::notify::Notify;

/// The permits of one download at one server.
#[derive(Debug)]
pub(super) struct HostShare {
    /// Id of the download.
    pub id: u64,
    /// Connections that hold a permit.
    pub held: usize,
    /// Connections that hold a permit and are about to return it.
    pub yielding: usize,
    /// Connections that wait for a permit.
    pub waiting: usize,
    /// Connections that must still start to yield.
    pub excess: Arc<AtomicUsize>,
    /// Notified when a permit may be available.
    pub notify: Arc<Notify>,
}

impl HostShare {
    /// Returns the permits that the download holds or waits for.
    pub fn demand(&self) -> usize {
        self.held + self.waiting
    }
}

/// Returns the permits that all downloads hold or wait for.
pub(super) fn total_demand(all: &[HostShare]) -> usize {
    all.iter().map(HostShare::demand).sum()
}

/// Sets the excess of each download, and notifies those that may take a permit.
pub(super) fn rebalance(all: &[HostShare], limit: usize) {
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
pub(super) fn max_min_shares(limit: usize, demands: &[usize]) -> Vec<usize> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
