//! Answer of a sender to packets that arrive out of order: it waits longer before it declares a
//! segment lost, and takes back reductions that were not due.
//!
//! Sources: the reordering window of RACK (RFC 8985, section 6.2), duplicates that the receiver
//! reports (RFC 2883), the detection of spurious retransmissions (RFC 3522, RFC 3708) and the
//! answer to them (RFC 4015), all as Linux combines them.

use super::Ns;
use super::flow::Flow;
use super::recovery::RecoveryState;
use super::rtt::RttEstimator;
use super::scoreboard::LateSummary;

/// Segments received out of order that prove a loss, as long as no reordering was seen (RFC 5681).
const DUPLICATE_ACKS: u32 = 3;
/// Recoveries without a spurious retransmission after which the window is short again (RFC 8985).
const PERSISTENCE: u32 = 16;

/// Reordering that a sender has noticed.
#[derive(Debug, Clone, Default)]
pub(super) struct Reordering {
    /// Largest number of segments that overtook another; zero when none was seen to.
    degree: u64,
    /// Number of times that the window was lengthened, and recoveries until it is short again.
    lengthened: u32,
    persistence: u32,
    /// End of the round trip in which the window was lengthened last.
    round_end: u64,
    /// Window and threshold before the last reduction by a recovery, and the first segment that was
    /// not acknowledged then.
    before_reduction: Option<(u32, u32)>,
    first_segment: u64,
    /// Retransmissions since that reduction that may have been necessary.
    retransmitted: u32,
    /// Time of the first of them.
    first_retransmission: Option<Ns>,
}

impl Reordering {
    /// Returns how long a segment may arrive after a later one. `sacked` segments have arrived after
    /// a missing one.
    pub(super) fn window(&self, rtt: &RttEstimator, is_recovering: bool, sacked: u32) -> Ns {
        if self.degree == 0 {
            if is_recovering || sacked >= DUPLICATE_ACKS {
                return 0;
            }
            return (rtt.min() / 4).min(rtt.smoothed() / 8);
        }
        let steps = u64::from(self.lengthened) + 1;
        (rtt.min() / 4 * steps).min(rtt.smoothed())
    }

    /// Returns whether a segment was seen to be overtaken.
    pub(super) fn is_seen(&self) -> bool {
        self.degree > 0
    }

    /// Returns whether the congestion window may grow although no segment arrived in order: Linux
    /// lets it once segments were overtaken by more than duplicate acknowledgements tolerate.
    pub(super) fn is_high(&self) -> bool {
        self.degree > u64::from(DUPLICATE_ACKS)
    }

    /// Records the window and the threshold before a recovery reduces them.
    pub(super) fn on_reduction(&mut self, before: (u32, u32), una: u64) {
        (self.before_reduction, self.first_segment) = (Some(before), una);
        (self.retransmitted, self.first_retransmission) = (0, None);
    }

    /// The reduction after a timeout is undone elsewhere.
    pub(super) fn on_timeout(&mut self) {
        self.before_reduction = None;
    }

    pub(super) fn on_retransmission(&mut self, now: Ns) {
        self.retransmitted += 1;
        self.first_retransmission.get_or_insert(now);
    }

    /// Shortens the window after enough recoveries without a spurious retransmission.
    pub(super) fn on_recovery_end(&mut self) {
        self.persistence = self.persistence.saturating_sub(1);
        if self.persistence == 0 {
            self.lengthened = 0;
        }
    }

    /// Lengthens the window, once for each round trip, which ends when segment `next` is
    /// acknowledged.
    fn lengthen(&mut self, una: u64, next: u64) {
        if una >= self.round_end {
            self.round_end = next;
            self.lengthened += 1;
            self.persistence = PERSISTENCE;
        }
    }
}

impl Flow {
    /// Processes what an acknowledgement tells about segments that were overtaken. It `advanced` when
    /// a segment arrived in order.
    #[cold]
    pub(super) fn on_late(&mut self, late: &LateSummary, advanced: bool) {
        // The segment filled a gap, and the timestamp of the acknowledgement tells that it was sent before
        // any retransmission (RFC 3522).
        let is_older = |sent_at| Some(sent_at) < self.reordering.first_retransmission;
        let is_spurious = advanced && late.lost_sent_at.is_some_and(is_older);
        if is_spurious || late.lost_sent_at.is_none() {
            self.reordering.degree = self.reordering.degree.max(late.overtaken_by);
        }
        if is_spurious && !self.scoreboard.has_open_retransmission() {
            self.undo_recovery();
        }
    }

    /// Processes an acknowledgement of a segment that had arrived before.
    #[cold]
    pub(super) fn on_duplicate(&mut self, segment: u64) {
        self.reordering.lengthen(self.una, self.next_segment);
        if self.reordering.retransmitted > 0 && segment >= self.reordering.first_segment {
            self.reordering.retransmitted -= 1;
            if self.reordering.retransmitted == 0 {
                self.undo_recovery();
            }
        }
    }

    /// Takes the last reduction by a recovery back: no retransmission was necessary.
    fn undo_recovery(&mut self) {
        if matches!(self.state, RecoveryState::Loss { .. }) {
            return;
        }
        if let Some((cwnd, ssthresh)) = self.reordering.before_reduction.take() {
            self.window.undo(cwnd, ssthresh);
            self.state = RecoveryState::Open;
        }
    }
}
