//! What a sender does about losses: one reduction for all losses of a window, spread over the
//! round trip of recovery (PRR, RFC 6937 with the reduction bound of RFC 9937).

/// What state a sender's recovery is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing is known to be lost.
    Open,
    /// Losses were seen; until segment `until` is acknowledged there is no other reduction.
    Recovery {
        /// The first segment that had not been sent when the loss was seen.
        until: u64,
        /// How far the reduction has come.
        prr: Reduction,
    },
    /// A time-out passed; slow start from one segment.
    Loss {
        /// The first segment that had not been sent when the time-out passed.
        until: u64,
    },
}

/// Proportional rate reduction: for every segment delivered, β segments may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reduction {
    /// The window before.
    prior: u32,
    delivered: u32,
    /// Segments sent since the loss was seen.
    pub(super) out: u32,
}

impl Reduction {
    pub(super) fn new(prior: u32) -> Self {
        Self {
            prior,
            delivered: 0,
            out: 0,
        }
    }

    /// The window after `delivered` segments came and `lost` were found missing.
    pub(super) fn window(
        &mut self,
        ssthresh: u32,
        in_flight: u32,
        delivered: u32,
        lost: u32,
        advanced: bool,
    ) -> u32 {
        self.delivered += delivered;
        let may = if in_flight > ssthresh {
            let due = (u64::from(ssthresh) * u64::from(self.delivered))
                .div_ceil(u64::from(self.prior.max(1)));
            (due as u32).saturating_sub(self.out)
        } else {
            let owed = self.delivered.saturating_sub(self.out).max(delivered);
            let safe = owed + u32::from(advanced && lost == 0);
            safe.min(ssthresh - in_flight)
        };
        // The first retransmission always goes.
        in_flight + may.max(u32::from(self.out == 0))
    }
}
