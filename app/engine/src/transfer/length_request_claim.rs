//! Selects the connection that requests the length of the file.

use std::time::{Duration, Instant};

use super::shared::Transfer;
use crate::model::source_url::Source;

/// Longest wait of a connection for the length that another requests.
const WAIT: Duration = Duration::from_millis(200);

/// Result of [`Transfer::claim_length_request`].
pub(crate) enum LengthRequestClaim {
    /// The length is known.
    Known,
    /// The caller must request it.
    Yours,
    /// Another connection requests it; the caller has waited a while.
    Wait,
}

impl Transfer {
    /// Returns whether connection `index` must request the length, if it `may_probe`. Waits a while
    /// for another connection that does.
    pub fn claim_length_request(&self, index: usize, may_probe: bool) -> LengthRequestClaim {
        let mut ranges = self.scheduler.lock();
        let sole_connection = self.context.sole_connection();
        if self.context.active().is_some() || sole_connection.is_some_and(|sole| sole != index) {
            return LengthRequestClaim::Known;
        }
        let is_delayed = ranges.not_before.is_some_and(|time| Instant::now() < time);
        match ranges.prober {
            None if may_probe && !is_delayed => ranges.prober = Some(index),
            Some(prober) if prober == index => {}
            None | Some(_) => {
                self.scheduler.wait(ranges, WAIT);
                return LengthRequestClaim::Wait;
            }
        }
        LengthRequestClaim::Yours
    }

    /// Delays the next request for the length, by any connection.
    pub fn delay_first_request(&self, delay: Duration) {
        self.scheduler.lock().not_before = Some(Instant::now() + delay);
    }

    /// Records a failed connection before the length was known, and returns the failed rounds. If
    /// one connection requests the length for all, each failure is a round; if each connection
    /// requests it for itself, or from a server of its own, a failure of each of them is a round.
    pub fn record_early_failure(&self) -> usize {
        let failures = self.counters.add_early_failure();
        let requesters = match self.context.spec.source {
            Source::Http(_) => self.context.mirrors.count(),
            Source::Lanes { .. } => self.counters.connections().len(),
        };
        failures.div_ceil(requesters.max(1))
    }
}
