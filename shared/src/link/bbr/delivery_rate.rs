//! Delivery rate of a flow (draft-cheng-iccrg-delivery-rate-estimation-00) and its maximum over the
//! last round trips.

use super::{BbrAck, Ns};
use crate::link::secs;
use std::collections::VecDeque;

/// Round trips over which the maximum is kept: longer than one cycle of eight phases.
const FILTER_ROUNDS: u64 = 10;

/// Deliveries as they were when a segment was sent.
#[derive(Debug, Clone, Copy)]
struct SendState {
    sent_at: Ns,
    delivered: u64,
    delivered_at: Ns,
    first_sent_at: Ns,
    is_app_limited: bool,
}

/// Rate at which one window of segments was delivered.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateSample {
    /// Segments per second; `None` when the interval is too short for a rate.
    pub(super) rate: Option<f64>,
    /// Segments that had been delivered when the acknowledged one was sent.
    pub(super) prior_delivered: u64,
    /// The application limited the rate, not the path.
    pub(super) is_app_limited: bool,
}

/// Computes the delivery rate from acknowledgements.
#[derive(Debug, Clone, Default)]
pub(super) struct RateSampler {
    /// Segments delivered and lost so far.
    pub(super) delivered: u64,
    pub(super) lost: u64,
    /// Time of the last delivery.
    pub(super) delivered_at: Ns,
    /// Send time of the first segment of the window that is being measured.
    first_sent_at: Ns,
    /// The rate is limited by the application until so many segments are delivered; zero if it is
    /// not.
    app_limited_until: u64,
    sends: VecDeque<SendState>,
    /// Serial number of `sends[0]`.
    first_serial: u64,
}

impl RateSampler {
    /// Records a transmission. `is_first` means that nothing was unacknowledged before it.
    pub(super) fn on_sent(&mut self, now: Ns, is_first: bool) {
        if is_first {
            (self.first_sent_at, self.delivered_at) = (now, now);
        }
        self.sends.push_back(SendState {
            sent_at: now,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            first_sent_at: self.first_sent_at,
            is_app_limited: self.is_app_limited(),
        });
    }

    /// Processes an acknowledgement. `None` when it delivers nothing.
    pub(super) fn on_ack(&mut self, now: Ns, ack: &BbrAck, min_rtt: Ns) -> Option<RateSample> {
        let serial = ack.last_delivered?;
        let send = *self
            .sends
            .get(serial.checked_sub(self.first_serial)? as usize)?;
        let count = serial + 1 - self.first_serial;
        self.sends.drain(..count as usize);
        self.first_serial = serial + 1;
        self.delivered += u64::from(ack.delivered);
        self.delivered_at = now;
        self.first_sent_at = send.sent_at;
        if self.app_limited_until > 0 && self.delivered > self.app_limited_until {
            self.app_limited_until = 0;
        }
        let send_time = send.sent_at - send.first_sent_at;
        let ack_time = now - send.delivered_at;
        let interval = send_time.max(ack_time);
        // A shorter interval shows that the acknowledged segment was sent before.
        let is_valid = interval >= min_rtt && interval > 0;
        let segments = (self.delivered - send.delivered) as f64;
        Some(RateSample {
            rate: is_valid.then(|| segments / secs(interval)),
            prior_delivered: send.delivered,
            is_app_limited: send.is_app_limited,
        })
    }

    /// Returns whether the application limits the rate.
    pub(super) fn is_app_limited(&self) -> bool {
        self.app_limited_until > 0
    }

    /// Records that the application has no data, until what is in flight is delivered.
    pub(super) fn on_app_limited(&mut self, in_flight: u32) {
        self.mark_app_limited(in_flight);
    }

    /// Marks what is sent now as limited by the sender itself.
    pub(super) fn mark_app_limited(&mut self, in_flight: u32) {
        self.app_limited_until = (self.delivered + u64::from(in_flight)).max(1);
    }
}

/// Maximum of the bandwidth over the last [`FILTER_ROUNDS`] round trips.
#[derive(Debug, Clone, Default)]
pub(super) struct MaxFilter {
    /// Round and bandwidth, the latter decreasing; the first is the maximum.
    samples: VecDeque<(u64, f64)>,
}

impl MaxFilter {
    /// Returns the maximum in segments per second; zero before the first sample.
    pub(super) fn max(&self) -> f64 {
        self.samples.front().map_or(0.0, |sample| sample.1)
    }

    /// Adds a sample of this round.
    pub(super) fn update(&mut self, round: u64, bandwidth: f64) {
        while self.samples.back().is_some_and(|last| last.1 <= bandwidth) {
            self.samples.pop_back();
        }
        if self.samples.back().is_none_or(|last| last.0 < round) {
            self.samples.push_back((round, bandwidth));
        }
        while self
            .samples
            .front()
            .is_some_and(|first| first.0 + FILTER_ROUNDS < round)
        {
            self.samples.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LossPhase;
    use super::*;

    const MS: Ns = 1_000_000;

    fn ack(serial: u64) -> BbrAck {
        BbrAck {
            last_delivered: Some(serial),
            delivered: 1,
            lost: 0,
            prior_in_flight: 2,
            in_flight: 1,
            rtt: None,
            loss_phase: LossPhase::Open,
        }
    }

    /// Ten segments sent at once arrive one per millisecond: the rate is that of their arrival. The
    /// next ten leave at that rate and are acknowledged at once: the rate is that of their sending.
    #[test]
    fn rate_is_the_slower_of_sending_and_arriving() {
        let mut sampler = RateSampler::default();
        (0..10).for_each(|i| sampler.on_sent(0, i == 0));
        let rate = |sampler: &mut RateSampler, serial, at| {
            sampler.on_ack(at, &ack(serial), 20 * MS).unwrap().rate
        };
        let rates: Vec<_> = (0..10)
            .map(|i| rate(&mut sampler, i, (40 + i) * MS).unwrap())
            .collect();
        assert!((rates[9] - 10.0 / 0.049).abs() < 1e-6, "{rates:?}");
        for i in 0..10 {
            sampler.on_sent((50 + i) * MS, i == 0);
        }
        let rates: Vec<_> = (10..20)
            .map(|i| rate(&mut sampler, i, 90 * MS).unwrap())
            .collect();
        assert!((rates[9] - 10.0 / 0.040).abs() < 1e-6, "{rates:?}");
    }

    #[test]
    fn samples_shorter_than_the_round_trip_have_no_rate() {
        let mut sampler = RateSampler::default();
        sampler.on_sent(0, true);
        let sample = sampler.on_ack(5 * MS, &ack(0), 20 * MS).unwrap();
        assert!(sample.rate.is_none() && sample.prior_delivered == 0);
    }

    #[test]
    fn segments_sent_without_more_data_are_marked() {
        let mut sampler = RateSampler::default();
        sampler.on_sent(0, true);
        sampler.on_app_limited(1);
        sampler.on_sent(MS, false);
        assert!(!sampler.on_ack(40 * MS, &ack(0), MS).unwrap().is_app_limited);
        assert!(sampler.on_ack(41 * MS, &ack(1), MS).unwrap().is_app_limited);
        assert!(!sampler.is_app_limited());
    }

    #[test]
    fn maximum_is_forgotten_after_ten_rounds() {
        let mut filter = MaxFilter::default();
        filter.update(0, 9.0);
        for round in 1..=10 {
            filter.update(round, 5.0 - round as f64 / 10.0);
            assert!((filter.max() - 9.0).abs() < 1e-9);
        }
        filter.update(11, 1.0);
        assert!((filter.max() - 4.9).abs() < 1e-9, "{}", filter.max());
    }
}
