//! The bytes that one connection has requested and not received.

use std::collections::VecDeque;
use std::ops::Range;

use lanes_shared::packet::PacketPlan;

/// A requested run of bytes.
struct Run {
    bytes: Range<u64>,
    /// Bytes of the run in packets that are not complete.
    left: u64,
    /// Set if another connection owns the bytes.
    is_duplicate: bool,
}

/// Requested runs that are not complete, in the order of the requests.
pub(super) struct OutstandingRequests {
    plan: PacketPlan,
    runs: VecDeque<Run>,
    /// Bytes received of packets that are not complete.
    incomplete: u64,
    /// Damaged packets, which were requeued: the runs no longer deliver them.
    rejected: Vec<u64>,
}

impl OutstandingRequests {
    /// Creates an empty list of runs of the packets of `plan`.
    pub fn new(plan: PacketPlan) -> Self {
        Self {
            plan,
            runs: VecDeque::new(),
            incomplete: 0,
            rejected: Vec::new(),
        }
    }

    /// Adds a requested run.
    pub fn push(&mut self, bytes: Range<u64>, is_duplicate: bool) {
        let ids = self.plan.ids_of(&bytes);
        self.rejected.retain(|id| !ids.contains(id));
        let left = bytes.end - bytes.start;
        if left > 0 {
            self.runs.push_back(Run {
                bytes,
                left,
                is_duplicate,
            });
        }
    }

    /// Returns the number of runs.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Returns the number of requested bytes that have not arrived.
    pub fn outstanding(&self) -> u64 {
        let left: u64 = self.runs.iter().map(|run| run.left).sum();
        left.saturating_sub(self.incomplete)
    }

    /// Returns whether packet `id` is requested as a duplicate; `None` if it is not requested.
    pub fn is_duplicate(&self, id: u64) -> Option<bool> {
        if self.rejected.contains(&id) {
            return None;
        }
        let offset = self.plan.offset(id);
        let mut runs = self.runs.iter();
        let run = runs.find(|run| run.bytes.contains(&offset))?;
        Some(run.is_duplicate)
    }

    /// Counts received bytes of packets that are not complete yet.
    pub fn receive(&mut self, len: u64) {
        self.incomplete += len;
    }

    /// Removes the bytes of complete or rejected packets.
    pub fn subtract(&mut self, bytes: &Range<u64>) {
        self.incomplete = self.incomplete.saturating_sub(bytes.end - bytes.start);
        for run in &mut self.runs {
            let from = bytes.start.max(run.bytes.start);
            let to = bytes.end.min(run.bytes.end);
            run.left -= to.saturating_sub(from).min(run.left);
        }
        self.runs.retain(|run| run.left > 0);
    }

    /// Records that packet `id` is damaged.
    pub fn reject(&mut self, id: u64) {
        self.rejected.push(id);
    }

    /// Returns the bytes to requeue when the connection ends: requested bytes that may be missing,
    /// without duplicates and without packets that were requeued before.
    pub fn into_unfinished(mut self) -> impl Iterator<Item = Range<u64>> {
        self.rejected.sort_unstable();
        let mut unfinished = Vec::new();
        for run in self.runs.into_iter().filter(|run| !run.is_duplicate) {
            let mut from = run.bytes.start;
            for id in &self.rejected {
                let packet = self.plan.bytes_of(&(*id..id + 1));
                if run.bytes.contains(&packet.start) {
                    unfinished.push(from..packet.start);
                    from = packet.end;
                }
            }
            unfinished.push(from..run.bytes.end);
        }
        unfinished.into_iter().filter(|span| !span.is_empty())
    }
}
