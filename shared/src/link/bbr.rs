//! BBR version 1: sends at the rate at which the path delivers, and keeps about two
//! bandwidth-delay products in flight.
//!
//! Sources: Cardwell, Cheng, Gunn, Yeganeh and Jacobson, "BBR: Congestion-Based Congestion Control"
//! (ACM Queue 14(5), 2016); draft-cardwell-iccrg-bbr-congestion-control-00; for the delivery rate
//! draft-cheng-iccrg-delivery-rate-estimation-00; for the window of aggregated acknowledgements
//! draft-cardwell-iccrg-bbr-congestion-control-02, section 4.5.5; for policed paths Flach et al.,
//! "An Internet-Wide Analysis of Traffic Policing" (SIGCOMM 2016). Bandwidths are in segments per
//! second. All arithmetic is exact IEEE 754, so the same seed gives the same run on every platform.

mod aggregation;
mod delivery_rate;
mod pacing;
mod policer;
mod probe_rtt;
mod window;

use super::packet_log::BbrState;
use super::random::{Draw, uniform};
use super::{INITIAL_WINDOW, MSS, Ns, SECOND, secs};
use aggregation::AckAggregation;
use delivery_rate::{MaxFilter, RateSample, RateSampler};
use pacing::Pacing;
use policer::PolicerDetector;

/// Gain of startup: the smallest with which the rate doubles in each round trip, 2 ÷ ln 2.
const STARTUP_GAIN: f64 = 2.885_39;
/// Pacing gains of the phases while probing for bandwidth.
const CYCLE: [f64; 8] = [1.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
/// Growth of the bandwidth in a round trip that shows that the pipe is not full.
const FULL_GROWTH: f64 = 1.25;
/// Round trips without that growth after which the pipe is full.
const FULL_ROUNDS: u32 = 3;
/// Smallest window, in segments: with four, acknowledgements still return in pairs.
const MIN_WINDOW: u32 = 4;

/// State of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The rate doubles in each round trip until the bandwidth stops growing.
    Startup,
    /// The queue of startup drains.
    Drain,
    /// Sends at the bandwidth, and probes for more in one of eight phases.
    ProbeBandwidth {
        /// Index in [`CYCLE`].
        phase: usize,
        since: Ns,
    },
    /// Sends almost nothing, to measure the round trip of the empty path.
    ProbeRtt {
        /// Earliest end; `None` while more than the smallest window is in flight.
        until: Option<Ns>,
        /// A round trip has passed since the queue was empty.
        is_round_over: bool,
    },
}

/// Loss recovery of the sender, as far as the window depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LossPhase {
    /// No segment is known to be lost.
    Open,
    /// Losses are being repaired.
    Recovery,
    /// The retransmission timeout expired.
    Timeout,
}

/// An acknowledgement, as BBR uses it. All numbers are in segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct BbrAck {
    /// The last transmission that it newly covers.
    pub(super) last_delivered: Option<u64>,
    /// Segments that it newly covers.
    pub(super) delivered: u32,
    /// Segments newly detected as lost.
    pub(super) lost: u32,
    /// Segments in flight before it arrived.
    pub(super) prior_in_flight: u32,
    /// Segments in flight after it was processed.
    pub(super) in_flight: u32,
    /// Round-trip time of its segment, unless that was retransmitted.
    pub(super) rtt: Option<Ns>,
    pub(super) loss_phase: LossPhase,
}

/// Returns the rate of the initial window, in segments per second. Without a round trip one
/// millisecond is assumed (section 4.2.1).
fn initial_rate(rtt: Ns) -> f64 {
    let rtt = if rtt == 0 { SECOND / 1000 } else { rtt };
    STARTUP_GAIN * f64::from(INITIAL_WINDOW) / secs(rtt)
}

/// State of a sender with BBR.
#[derive(Debug, Clone)]
pub(super) struct Bbr {
    mode: Mode,
    sampler: RateSampler,
    bandwidth: MaxFilter,
    policer: PolicerDetector,
    aggregation: AckAggregation,
    pacing: Pacing,
    min_rtt: Ns,
    min_rtt_at: Ns,
    /// Round trips, counted by deliveries; the current one ends when this much is delivered.
    round: u64,
    round_end: u64,
    /// Bandwidth when it last grew by a quarter, and the rounds since.
    full_bandwidth: f64,
    full_rounds: u32,
    is_pipe_full: bool,
    /// Window before a recovery or before [`Mode::ProbeRtt`].
    prior_cwnd: u32,
    loss_phase: LossPhase,
    /// In the first round trip of a recovery only delivered segments are replaced.
    conserves_packets: bool,
    /// Sending resumed after the application had sent nothing.
    restarted: bool,
    seed: u64,
    key: u64,
    cycles: u64,
}

impl Bbr {
    /// Creates the state of a flow whose handshake took `rtt`. `seed` and `key` select the phase in
    /// which it begins to probe.
    pub(super) fn new(rtt: Ns, seed: u64, key: u64) -> Self {
        Self {
            mode: Mode::Startup,
            sampler: RateSampler::default(),
            bandwidth: MaxFilter::default(),
            policer: PolicerDetector::default(),
            aggregation: AckAggregation::default(),
            pacing: Pacing::new(initial_rate(rtt)),
            min_rtt: rtt,
            min_rtt_at: 0,
            round: 0,
            round_end: 0,
            full_bandwidth: 0.0,
            full_rounds: 0,
            is_pipe_full: false,
            prior_cwnd: 0,
            loss_phase: LossPhase::Open,
            conserves_packets: false,
            restarted: false,
            seed,
            key,
            cycles: 0,
        }
    }

    /// Processes the round trip of the handshake, which the queue of other flows makes longer.
    pub(super) fn on_handshake(&mut self, now: Ns, rtt: Ns) {
        (self.min_rtt, self.min_rtt_at) = (rtt, now);
        self.pacing.set_rate(initial_rate(rtt));
    }

    /// Starts with a full pipe whose share is `cwnd` segments in each round trip.
    pub(super) fn start_at(&mut self, cwnd: u32) {
        let bandwidth = f64::from(cwnd) / secs(self.min_rtt.max(1));
        self.bandwidth.update(self.round, bandwidth);
        self.is_pipe_full = true;
        self.pacing.set_rate(bandwidth);
        self.probe_bandwidth(0);
    }

    /// Returns the state for display.
    pub(super) fn state(&self) -> BbrState {
        let segments_per_sec = self.pacing.rate();
        BbrState {
            pacing_bps: (segments_per_sec * (MSS * 8) as f64) as u64,
            mode: match self.mode {
                Mode::Startup => "startup",
                Mode::Drain => "drain",
                Mode::ProbeBandwidth { .. } => "probe_bw",
                Mode::ProbeRtt { .. } => "probe_rtt",
            },
        }
    }

    /// Returns the time at which the next segment may be sent, if that is after `now`.
    pub(super) fn paced_until(&self, now: Ns) -> Option<Ns> {
        self.pacing.next(now)
    }

    /// Records a transmission. `is_first` means that nothing was unacknowledged before it.
    pub(super) fn on_sent(&mut self, now: Ns, len: u16, is_first: bool) {
        if is_first && self.sampler.is_app_limited() {
            self.restart_from_idle(now);
        }
        self.sampler.on_sent(now, is_first);
        self.pacing.on_sent(now, len);
    }

    /// Ends the burst of segments that are sent at the same time.
    pub(super) fn end_burst(&mut self, now: Ns) {
        self.pacing.end_burst(now);
    }

    /// Records that the application has no data for the room in the window.
    pub(super) fn on_app_limited(&mut self, in_flight: u32) {
        self.sampler.on_app_limited(in_flight);
    }

    /// Records losses that a timer detected, not an acknowledgement.
    pub(super) fn on_lost(&mut self, lost: u32) {
        self.sampler.lost += u64::from(lost);
    }

    /// Saves the window when a recovery begins.
    pub(super) fn save_cwnd(&mut self, cwnd: u32) {
        let is_reduced =
            self.loss_phase != LossPhase::Open || matches!(self.mode, Mode::ProbeRtt { .. });
        self.prior_cwnd = if is_reduced {
            self.prior_cwnd.max(cwnd)
        } else {
            cwnd
        };
    }

    /// Processes a retransmission timeout: the pipe may have become shorter.
    pub(super) fn on_timeout(&mut self) {
        self.loss_phase = LossPhase::Timeout;
        (self.full_bandwidth, self.full_rounds) = (0.0, 0);
        self.round_end = self.sampler.delivered;
        self.policer.on_loss(&self.sampler);
    }

    /// Processes the discovery that a timeout was spurious.
    pub(super) fn on_undo(&mut self) {
        (self.full_bandwidth, self.full_rounds) = (0.0, 0);
        self.policer.reset();
    }

    /// Processes an acknowledgement. Returns the new congestion window.
    pub(super) fn on_ack(&mut self, now: Ns, ack: &BbrAck, cwnd: u32) -> u32 {
        self.sampler.lost += u64::from(ack.lost);
        let sample = self.sampler.on_ack(now, ack, self.min_rtt);
        let is_round_start = self.update_round(sample.as_ref());
        self.update_bandwidth(now, ack, sample.as_ref(), is_round_start);
        self.aggregation
            .update(now, ack.delivered, self.bandwidth(), cwnd, is_round_start);
        self.update_phase(now, ack);
        self.detect_full_pipe(sample.as_ref(), is_round_start);
        self.leave_drain(now, ack.in_flight);
        let mut cwnd = self.update_min_rtt(now, ack, is_round_start, cwnd);
        let rate = self.bandwidth() * self.pacing_gain();
        if self.is_pipe_full || rate > self.pacing.rate() {
            self.pacing.set_rate(rate);
        }
        cwnd = self.window(ack, cwnd);
        if matches!(self.mode, Mode::ProbeRtt { .. }) {
            cwnd = cwnd.min(MIN_WINDOW);
        }
        cwnd
    }

    /// Returns the bandwidth that the sender uses: the policer's rate once one was detected.
    fn bandwidth(&self) -> f64 {
        self.policer.rate().unwrap_or(self.bandwidth.max())
    }

    fn pacing_gain(&self) -> f64 {
        match self.mode {
            Mode::Startup => STARTUP_GAIN,
            Mode::Drain => 1.0 / STARTUP_GAIN,
            Mode::ProbeBandwidth { .. } if self.policer.rate().is_some() => 1.0,
            Mode::ProbeBandwidth { phase, .. } => CYCLE[phase],
            Mode::ProbeRtt { .. } => 1.0,
        }
    }

    fn update_round(&mut self, sample: Option<&RateSample>) -> bool {
        let Some(sample) = sample.filter(|sample| sample.prior_delivered >= self.round_end) else {
            return false;
        };
        debug_assert!(sample.prior_delivered <= self.sampler.delivered);
        self.round_end = self.sampler.delivered;
        self.round += 1;
        self.conserves_packets = false;
        true
    }

    fn update_bandwidth(
        &mut self,
        now: Ns,
        ack: &BbrAck,
        sample: Option<&RateSample>,
        is_round_start: bool,
    ) {
        let Some(sample) = sample else {
            return;
        };
        let is_probing = matches!(self.mode, Mode::ProbeBandwidth { .. });
        let restart = self.policer.update(
            &self.sampler,
            ack.lost,
            sample.is_app_limited,
            is_round_start,
            is_probing,
        );
        if restart {
            self.probe_bandwidth(now);
        }
        if let Some(rate) = sample.rate
            && (!sample.is_app_limited || rate >= self.bandwidth.max())
        {
            self.bandwidth.update(self.round, rate);
        }
    }

    fn update_phase(&mut self, now: Ns, ack: &BbrAck) {
        let Mode::ProbeBandwidth { phase, since } = self.mode else {
            return;
        };
        let is_over = now - since > self.min_rtt;
        let gain = self.pacing_gain();
        let is_next = if gain > 1.0 {
            // More than the bandwidth only shows once it is in flight, or overflows the buffer.
            is_over && (ack.lost > 0 || ack.prior_in_flight >= self.in_flight_target(gain))
        } else if gain < 1.0 {
            is_over || ack.prior_in_flight <= self.in_flight_target(1.0)
        } else {
            is_over
        };
        if is_next {
            let phase = (phase + 1) % CYCLE.len();
            self.mode = Mode::ProbeBandwidth { phase, since: now };
        }
    }

    fn detect_full_pipe(&mut self, sample: Option<&RateSample>, is_round_start: bool) {
        if self.is_pipe_full || !is_round_start || sample.is_none_or(|sample| sample.is_app_limited)
        {
            return;
        }
        if self.bandwidth.max() >= self.full_bandwidth * FULL_GROWTH {
            (self.full_bandwidth, self.full_rounds) = (self.bandwidth.max(), 0);
            return;
        }
        self.full_rounds += 1;
        self.is_pipe_full = self.full_rounds >= FULL_ROUNDS;
    }

    fn leave_drain(&mut self, now: Ns, in_flight: u32) {
        if self.mode == Mode::Startup && self.is_pipe_full {
            self.mode = Mode::Drain;
        }
        if self.mode == Mode::Drain && in_flight <= self.in_flight_target(1.0) {
            self.probe_bandwidth(now);
        }
    }

    /// Begins to probe for bandwidth, in any phase but that which drains.
    fn probe_bandwidth(&mut self, now: Ns) {
        let draw = uniform(self.seed, self.key, Draw::Cycle, self.cycles);
        self.cycles += 1;
        let phase = match (draw * 7.0) as usize {
            0 => 0,
            other => other + 1,
        };
        self.mode = Mode::ProbeBandwidth {
            phase: phase.min(CYCLE.len() - 1),
            since: now,
        };
    }

    fn restart_from_idle(&mut self, now: Ns) {
        self.restarted = true;
        self.aggregation.restart(now);
        if matches!(self.mode, Mode::ProbeBandwidth { .. }) {
            self.pacing.set_rate(self.bandwidth());
        }
    }
}
