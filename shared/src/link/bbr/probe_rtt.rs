//! The round trip of the path: its minimum expires after ten seconds and is then measured on a nearly empty
//! path.

use super::{Bbr, BbrAck, MIN_WINDOW, Mode, Ns, SECOND};

/// Lifetime of the shortest round trip, after which the queue is drained to measure it again.
const MIN_RTT_LIFETIME: Ns = 10 * SECOND;
/// Time for which the queue is drained.
const PROBE_RTT_TIME: Ns = SECOND / 5;

impl Bbr {
    /// Measures the round trip of the path, and enters and leaves [`Mode::ProbeRtt`].
    pub(super) fn update_min_rtt(
        &mut self,
        now: Ns,
        ack: &BbrAck,
        is_round_start: bool,
        cwnd: u32,
    ) -> u32 {
        let has_expired = now > self.min_rtt_at + MIN_RTT_LIFETIME;
        if let Some(rtt) = ack.rtt.filter(|rtt| *rtt <= self.min_rtt || has_expired) {
            (self.min_rtt, self.min_rtt_at) = (rtt, now);
        }
        if has_expired && !self.restarted && !matches!(self.mode, Mode::ProbeRtt { .. }) {
            self.save_cwnd(cwnd);
            self.mode = Mode::ProbeRtt {
                until: None,
                is_round_over: false,
            };
        }
        let mut cwnd = cwnd;
        if let Mode::ProbeRtt {
            until,
            is_round_over,
        } = &mut self.mode
        {
            // The small window limits these samples, not the path.
            self.sampler.mark_app_limited(ack.in_flight);
            match until {
                None if ack.in_flight <= MIN_WINDOW => {
                    *until = Some(now + PROBE_RTT_TIME);
                    *is_round_over = false;
                    self.round_end = self.sampler.delivered;
                }
                None => {}
                Some(_) => *is_round_over |= is_round_start,
            }
            cwnd = self.leave_probe_rtt(now, cwnd);
        }
        if ack.delivered > 0 {
            self.restarted = false;
        }
        cwnd
    }

    fn leave_probe_rtt(&mut self, now: Ns, cwnd: u32) -> u32 {
        let Mode::ProbeRtt {
            until: Some(until),
            is_round_over: true,
        } = self.mode
        else {
            return cwnd;
        };
        if now <= until {
            return cwnd;
        }
        self.min_rtt_at = now;
        if self.is_pipe_full {
            self.probe_bandwidth(now);
        } else {
            self.mode = Mode::Startup;
        }
        cwnd.max(self.prior_cwnd)
    }
}
