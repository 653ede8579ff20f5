//! Processing of segments that were overtaken, and of duplicates, by the sender: see
//! [`Reordering`](super::reordering::Reordering).

use super::flow::Flow;
use super::recovery::RecoveryState;
use super::scoreboard::LateSummary;

impl Flow {
    /// Processes what an acknowledgement tells about segments that were overtaken. It `advanced` when
    /// a segment arrived in order.
    #[cold]
    pub(super) fn on_late(&mut self, late: &LateSummary, advanced: bool) {
        // The segment filled a gap, and the timestamp of the acknowledgement tells that it was sent
        // before any retransmission (RFC 3522).
        let is_older = |sent_at| self.reordering.is_older(sent_at);
        let is_spurious = advanced && late.lost_sent_at.is_some_and(is_older);
        if is_spurious || late.lost_sent_at.is_none() {
            self.reordering.on_overtaken(late.overtaken_by);
        }
        if is_spurious && !self.scoreboard.has_open_retransmission() {
            self.undo_recovery();
        }
    }

    /// Processes an acknowledgement of a segment that had arrived before.
    #[cold]
    pub(super) fn on_duplicate(&mut self, segment: u64) {
        self.reordering.lengthen(self.una, self.next_segment);
        if self.reordering.on_duplicate(segment) {
            self.undo_recovery();
        }
    }

    /// Takes the last reduction by a recovery back: no retransmission was necessary.
    fn undo_recovery(&mut self) {
        if matches!(self.state, RecoveryState::Loss { .. }) {
            return;
        }
        if let Some((cwnd, ssthresh)) = self.reordering.take_reduction() {
            self.window.undo(cwnd, ssthresh);
            self.state = RecoveryState::Open;
        }
    }
}
