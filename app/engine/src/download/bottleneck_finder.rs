//! Names the cause that limits a running attempt, and the one that did so for the longest time.

use super::longest_cause::LongestCause;
use crate::model::bottleneck::Bottleneck;
use crate::telemetry::bottleneck::cause::cause;
use crate::telemetry::bottleneck::sampler::{Present, Sampler};
use crate::transfer::shared::Transfer;

/// The measurements of an attempt, and the causes that they showed.
#[derive(Default)]
pub(super) struct BottleneckFinder {
    sampler: Sampler,
    /// Another number of connections that was as fast as the present one.
    pub as_fast_as: Option<usize>,
    present: Option<Bottleneck>,
    causes: LongestCause,
}

impl BottleneckFinder {
    /// Measures, and names the cause, if it is time to.
    pub fn find(&mut self, transfer: &Transfer, is_complete: bool) {
        let connections = transfer.counters.connections();
        let now = transfer.context.started.elapsed();
        if !self.sampler.sample(now, connections) {
            return;
        }
        let sole = transfer.context.sole_connection();
        let present = Present {
            permit_limit: transfer.counters.permit_limit(),
            most: sole.map_or(transfer.counters.allowed(), |_| 1),
            is_sole: sole.is_some(),
            limits: transfer.throttle.limits(),
            as_fast_as: self.as_fast_as,
        };
        let facts = self.sampler.facts(connections, present);
        if tracing::enabled!(target: "lanes_engine::facts", tracing::Level::TRACE) {
            let facts = serde_json::to_string(&facts).unwrap_or_default();
            tracing::trace!(target: "lanes_engine::facts", "{facts}");
        }
        self.present = cause(&facts).filter(|_| !is_complete);
        self.causes.record(now, self.present.as_ref());
    }

    /// Returns the cause that limits the rate now, if it is known.
    pub fn present(&self) -> Option<Bottleneck> {
        self.present.clone()
    }

    /// Returns the cause that limited the attempt for the longest time.
    pub fn longest(&self) -> Option<Bottleneck> {
        self.causes.longest()
    }
}
