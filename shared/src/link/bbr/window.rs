//! The congestion window of BBR: gain times bandwidth-delay product, with room for bursts.

use super::{Bbr, BbrAck, INITIAL_WINDOW, LossPhase, MIN_WINDOW, Mode, STARTUP_GAIN, secs};

/// Gain of the window while probing for bandwidth: acknowledgements may be delayed.
const WINDOW_GAIN: f64 = 2.0;
/// Bursts that the window has room for, besides the data in flight.
const WINDOW_BURSTS: u32 = 3;

impl Bbr {
    /// Returns the new window, apart from that of [`Mode::ProbeRtt`].
    pub(super) fn window(&mut self, ack: &BbrAck, cwnd: u32) -> u32 {
        if ack.delivered == 0 {
            return cwnd;
        }
        let mut cwnd = cwnd;
        if ack.lost > 0 {
            cwnd = cwnd.saturating_sub(ack.lost).max(1);
        }
        if ack.loss_phase == LossPhase::Recovery && self.loss_phase != LossPhase::Recovery {
            self.conserves_packets = true;
            self.round_end = self.sampler.delivered;
            cwnd = ack.in_flight + ack.delivered;
        } else if ack.loss_phase == LossPhase::Open && self.loss_phase != LossPhase::Open {
            self.conserves_packets = false;
            cwnd = cwnd.max(self.prior_cwnd);
        }
        self.loss_phase = ack.loss_phase;
        if self.conserves_packets {
            return cwnd.max(ack.in_flight + ack.delivered);
        }
        let target = self.window_target();
        if self.is_pipe_full {
            cwnd = cwnd.saturating_add(ack.delivered).min(target);
        } else if cwnd < target || self.sampler.delivered < u64::from(INITIAL_WINDOW) {
            cwnd = cwnd.saturating_add(ack.delivered);
        }
        cwnd.max(MIN_WINDOW)
    }

    fn window_target(&self) -> u32 {
        let gain = match self.mode {
            Mode::Startup | Mode::Drain => STARTUP_GAIN,
            Mode::ProbeBandwidth { .. } => WINDOW_GAIN,
            Mode::ProbeRtt { .. } => 1.0,
        };
        let aggregated = if self.is_pipe_full {
            self.aggregation.extra(self.bandwidth())
        } else {
            0
        };
        self.with_room_for_bursts(
            self.product(self.bandwidth(), gain)
                .saturating_add(aggregated),
        )
    }

    /// Returns the segments in flight at which a phase with this gain has reached its aim.
    pub(super) fn in_flight_target(&self, gain: f64) -> u32 {
        self.with_room_for_bursts(self.product(self.bandwidth.max(), gain))
    }

    /// Returns `gain` bandwidth-delay products, in segments.
    fn product(&self, bandwidth: f64, gain: f64) -> u32 {
        if bandwidth <= 0.0 {
            return INITIAL_WINDOW;
        }
        (bandwidth * secs(self.min_rtt) * gain).ceil() as u32
    }

    /// Adds room for the bursts in the sender and the receiver. Delayed acknowledgements cover two
    /// segments, so the window is even.
    fn with_room_for_bursts(&self, segments: u32) -> u32 {
        let room = segments.saturating_add(WINDOW_BURSTS * self.pacing.burst_len());
        let probe = u32::from(matches!(self.mode, Mode::ProbeBandwidth { phase: 0, .. })) * 2;
        (room.saturating_add(1) & !1).saturating_add(probe)
    }
}
