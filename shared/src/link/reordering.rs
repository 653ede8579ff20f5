//! Answer of a sender to packets that arrive out of order: it waits longer before it declares a
//! segment lost, and takes back reductions that were not due.
//!
//! Sources: the reordering window of RACK (RFC 8985, section 6.2), duplicates that the receiver
//! reports (RFC 2883), the detection of spurious retransmissions (RFC 3522, RFC 3708) and the
//! answer to them (RFC 4015), all as Linux combines them.

use super::Ns;
use super::rtt::RttEstimator;

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
    pub(super) fn lengthen(&mut self, una: u64, next: u64) {
        if una >= self.round_end {
            self.round_end = next;
            self.lengthened += 1;
            self.persistence = PERSISTENCE;
        }
    }

    /// Records that `overtaken_by` segments overtook another.
    pub(super) fn on_overtaken(&mut self, overtaken_by: u64) {
        self.degree = self.degree.max(overtaken_by);
    }

    /// Returns whether a segment was sent before any retransmission of this recovery.
    pub(super) fn is_older(&self, sent_at: Ns) -> bool {
        Some(sent_at) < self.first_retransmission
    }

    /// Counts a duplicate of `segment`. Returns whether no retransmission was necessary.
    pub(super) fn on_duplicate(&mut self, segment: u64) -> bool {
        if self.retransmitted == 0 || segment < self.first_segment {
            return false;
        }
        self.retransmitted -= 1;
        self.retransmitted == 0
    }

    /// Takes the window and the threshold before the last reduction.
    pub(super) fn take_reduction(&mut self) -> Option<(u32, u32)> {
        self.before_reduction.take()
    }
}
