//! Transmissions that the path holds back, so that later ones overtake them.

use crate::link::Ns;
use crate::link::timer_queue::NEVER;
use std::collections::VecDeque;

/// A transmission that is held back, or was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held<T> {
    /// Time at which it arrives at the client.
    pub(super) arrives: Ns,
    pub(super) serial: u64,
    pub(super) sent: T,
}

/// Transmissions of a flow that are held back, or have arrived late.
#[derive(Debug, Clone)]
pub(super) struct HeldBack<T> {
    /// In transit, in the order of arrival.
    in_transit: VecDeque<Held<T>>,
    /// Arrived, and not yet acknowledged.
    unacked: VecDeque<Held<T>>,
    /// Number of those that were acknowledged.
    acked: u64,
}

/// Segments that an acknowledgement reports although later ones were reported before.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::link) struct LateSummary {
    /// Largest number of segments that overtook one of them.
    pub(in crate::link) overtaken_by: u64,
    /// Time at which the last of those was sent first that had been declared lost.
    pub(in crate::link) lost_sent_at: Option<Ns>,
}

impl<T> Default for HeldBack<T> {
    fn default() -> Self {
        Self {
            in_transit: VecDeque::new(),
            unacked: VecDeque::new(),
            acked: 0,
        }
    }
}

impl<T: Copy> HeldBack<T> {
    pub(super) fn push(&mut self, held: Held<T>) {
        let index = self
            .in_transit
            .partition_point(|other| other.arrives <= held.arrives);
        self.in_transit.insert(index, held);
    }

    /// Returns the time at which the next one arrives.
    pub(super) fn next_arrival(&self) -> Ns {
        self.in_transit.front().map_or(NEVER, |held| held.arrives)
    }

    /// Lets the next one arrive.
    pub(super) fn arrival(&mut self) -> Option<Held<T>> {
        let held = self.in_transit.pop_front()?;
        self.unacked.push_back(held);
        Some(held)
    }

    /// Returns the next one of the first `arrived` that is not acknowledged, and acknowledges it.
    pub(super) fn acknowledge(&mut self, arrived: u64) -> Option<Held<T>> {
        if self.acked >= arrived {
            return None;
        }
        self.acked += 1;
        self.unacked.pop_front()
    }

    /// Returns the number of those that have arrived.
    pub(super) fn arrived(&self) -> u64 {
        self.acked + self.unacked.len() as u64
    }
}
