//! Loss recovery of a sender: one reduction for all losses of a window, spread over the round trip
//! of recovery (PRR, RFC 6937 with the reduction bound of RFC 9937).

/// State of a sender's loss recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecoveryState {
    /// No segment is known to be lost.
    Open,
    /// Losses were detected; the window is not reduced again until segment `until` is acknowledged.
    Recovery {
        /// First segment that had not been sent at the time of detection.
        until: u64,
        /// Progress of the reduction.
        prr: Prr,
    },
    /// The retransmission timeout expired: slow start from one segment.
    Loss {
        /// First segment that had not been sent at the timeout.
        until: u64,
    },
}

/// Proportional rate reduction: for every delivered segment, β segments may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prr {
    /// Window before the reduction.
    prior: u32,
    delivered: u32,
    /// Segments sent since the loss was detected.
    pub(super) sent: u32,
}

impl Prr {
    pub(super) fn new(prior: u32) -> Self {
        Self {
            prior,
            delivered: 0,
            sent: 0,
        }
    }

    /// Returns the window after `delivered` segments arrived and `lost` were detected as lost.
    pub(super) fn window(
        &mut self,
        ssthresh: u32,
        in_flight: u32,
        delivered: u32,
        lost: u32,
        advanced: bool,
    ) -> u32 {
        self.delivered += delivered;
        let allowed = if in_flight > ssthresh {
            let target = (u64::from(ssthresh) * u64::from(self.delivered))
                .div_ceil(u64::from(self.prior.max(1)));
            (target as u32).saturating_sub(self.sent)
        } else {
            let deficit = self.delivered.saturating_sub(self.sent).max(delivered);
            let limit = deficit + u32::from(advanced && lost == 0);
            limit.min(ssthresh - in_flight)
        };
        // The first retransmission is always allowed.
        in_flight + allowed.max(u32::from(self.sent == 0))
    }
}
