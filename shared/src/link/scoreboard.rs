//! Scoreboard of a sender: transmissions that are not yet acknowledged.
//!
//! 1. Transmissions are kept in the order of sending. Bottleneck and path preserve that order, so
//!    the next arrival is the next transmission that is not lost, and an acknowledgement covers all
//!    transmissions up to some point (each is acknowledged or selectively acknowledged). Those that
//!    the path holds back are [`HeldBack`]; until they arrive, they look like lost ones.
//! 2. A transmission is *suspected* when a later one has arrived (RACK, RFC 8985); once the sender
//!    has sufficient evidence it is *lost* and queued for retransmission.

mod held_back;
mod late;

use super::Ns;
use super::timer_queue::NEVER;
use held_back::HeldBack;
pub(super) use held_back::LateSummary;
use std::collections::VecDeque;

/// Arrival of a transmission that is in the queue of the bottleneck: later than any other.
pub(super) const QUEUED: Ns = NEVER - 1;

/// One transmission of a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transmission {
    pub(super) segment: u64,
    pub(super) len: u16,
    pub(super) at: Ns,
    /// [`NEVER`] when it is lost in transit or held back, [`QUEUED`] while that is open.
    pub(super) arrives: Ns,
    /// It is a retransmission.
    pub(super) retransmission: bool,
    state: SegmentState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SegmentState {
    /// In flight, as estimated by the sender.
    InFlight,
    /// Acknowledged, declared lost, or replaced by a probe.
    Done,
    /// Presumed lost after a timeout, without evidence.
    PresumedLost,
    /// Duplicate arrival; leaves the flight when it is acknowledged.
    Duplicate,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Scoreboard {
    sent: VecDeque<Transmission>,
    /// Serial number of `sent[0]`.
    first_serial: u64,
    /// First transmission that has not arrived, and first that is not acknowledged.
    arrived: u64,
    acked: u64,
    in_flight: u32,
    /// First segment that is not acknowledged, and the end of the transmissions up to the last
    /// retransmission.
    una: u64,
    repeated: u64,
    suspects: VecDeque<u64>,
    /// Segments to retransmit and their lengths, sorted.
    lost: VecDeque<(u64, u16)>,
    /// End of the segments that have arrived, as far as the sender knows.
    delivered_until: u64,
    /// Most paths hold nothing back.
    held: Option<Box<HeldBack<Transmission>>>,
}

/// Effect of an acknowledgement.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AckSummary {
    /// Segments newly known to have arrived.
    pub(super) delivered: u32,
    /// Serial number of the last of them, if there are any.
    pub(super) last_delivered: u64,
    /// Send time of the last of them, unless it was retransmitted.
    pub(super) sent_at: Option<Ns>,
    /// A segment presumed lost has arrived: the timeout was spurious.
    pub(super) spurious_timeout: bool,
    /// Segments that had been overtaken.
    pub(super) late: Option<LateSummary>,
}

impl SegmentState {
    /// Returns whether the sender takes it for in flight: it cannot know that a duplicate has arrived, whose
    /// acknowledgement the way back may drop.
    fn is_open(self) -> bool {
        matches!(self, Self::InFlight | Self::Duplicate)
    }
}

impl Scoreboard {
    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight
    }

    pub(super) fn push(
        &mut self,
        segment: u64,
        len: u16,
        at: Ns,
        arrives: Ns,
        retransmission: bool,
    ) {
        self.sent.push_back(Transmission {
            segment,
            len,
            at,
            arrives,
            retransmission,
            state: SegmentState::InFlight,
        });
        self.in_flight += 1;
        if retransmission {
            self.repeated = self.first_serial + self.sent.len() as u64;
        }
    }

    /// Returns the time at which the next transmission arrives at the client.
    pub(super) fn next_arrival(&mut self) -> Ns {
        let in_order = self.next_in_order();
        match &self.held {
            None => in_order,
            Some(held) => in_order.min(held.next_arrival()),
        }
    }

    /// Returns the time at which the next transmission arrives that is not held back.
    fn next_in_order(&mut self) -> Ns {
        loop {
            let index = (self.arrived - self.first_serial) as usize;
            match self.sent.get(index) {
                Some(sent) if sent.arrives == NEVER => self.arrived += 1,
                Some(sent) => return sent.arrives,
                None => return NEVER,
            }
        }
    }

    /// Sets the arrival of a queued transmission; [`NEVER`] when it was dropped.
    pub(super) fn set_arrival(&mut self, serial: u64, arrives: Ns) {
        let index = serial.checked_sub(self.first_serial);
        if let Some(sent) = index.and_then(|index| self.sent.get_mut(index as usize)) {
            sent.arrives = arrives;
        }
    }

    /// Returns the next transmission and its serial number, if it has arrived by `now`.
    pub(super) fn arrival(&mut self, now: Ns) -> Option<(u64, Transmission)> {
        let in_order = self.next_in_order();
        if let Some(held) = &mut self.held
            && held.next_arrival() < in_order
        {
            let is_due = held.next_arrival() <= now;
            let held = is_due.then(|| held.arrival()).flatten()?;
            return Some((held.serial, held.sent));
        }
        if in_order > now {
            return None;
        }
        let serial = self.arrived;
        let sent = self.sent.get((serial - self.first_serial) as usize)?;
        self.arrived += 1;
        Some((serial, *sent))
    }

    /// Returns the serial number before which every transmission has arrived or is lost.
    pub(super) fn arrived(&self) -> u64 {
        self.arrived
    }

    /// Marks a transmission that has arrived as a duplicate.
    pub(super) fn mark_duplicate(&mut self, serial: u64) {
        let index = serial.checked_sub(self.first_serial);
        if let Some(sent) = index.and_then(|index| self.sent.get_mut(index as usize))
            && sent.state == SegmentState::InFlight
        {
            sent.state = SegmentState::Duplicate;
        }
    }

    /// Processes an acknowledgement that covers every transmission before `covers`, except those held
    /// back, of which it covers the first `late` that arrived.
    pub(super) fn acknowledge(&mut self, covers: u64, late: u64, una: u64) -> AckSummary {
        let mut summary = AckSummary::default();
        for serial in self.acked..covers {
            let sent = &mut self.sent[(serial - self.first_serial) as usize];
            if sent.arrives == NEVER {
                if sent.state == SegmentState::InFlight {
                    self.suspects.push_back(serial);
                }
                continue;
            }
            match sent.state {
                SegmentState::InFlight => {
                    summary.delivered += 1;
                    summary.last_delivered = serial;
                    summary.sent_at = (!sent.retransmission).then_some(sent.at);
                    self.delivered_until = self.delivered_until.max(sent.segment + 1);
                    self.in_flight -= 1;
                }
                SegmentState::Duplicate => self.in_flight -= 1,
                SegmentState::PresumedLost => summary.spurious_timeout = true,
                SegmentState::Done => {}
            }
            sent.state = SegmentState::Done;
        }
        self.acked = self.acked.max(covers);
        if self.held.is_some() {
            self.acknowledge_late(late, &mut summary);
        }
        self.settle_before(una);
        while self.lost.front().is_some_and(|lost| lost.0 < una) {
            self.lost.pop_front();
        }
        self.drop_done();
        summary
    }

    /// Settles the segments before `una`: they are no longer in flight, even if a retransmission
    /// is.
    fn settle_before(&mut self, una: u64) {
        if una <= self.una {
            return;
        }
        self.una = una;
        let count = self.repeated.saturating_sub(self.first_serial) as usize;
        for sent in self.sent.iter_mut().take(count) {
            if sent.state.is_open() && sent.segment < una {
                sent.state = SegmentState::Done;
                self.in_flight -= 1;
            }
        }
    }

    fn drop_done(&mut self) {
        while let Some(sent) = self.sent.front() {
            let over = sent.arrives == NEVER || self.first_serial < self.arrived;
            if sent.state.is_open() || !over || self.first_serial >= self.acked {
                return;
            }
            self.sent.pop_front();
            self.first_serial += 1;
        }
    }

    /// Returns the send time of the first suspected transmission.
    pub(super) fn suspect_sent_at(&self) -> Option<Ns> {
        let serial = self.suspects.front()?;
        let sent = self
            .sent
            .get(serial.checked_sub(self.first_serial)? as usize)?;
        Some(sent.at)
    }

    /// Declares the suspected transmissions sent by `by` lost. Returns their number.
    pub(super) fn declare_suspects_lost(&mut self, by: Ns) -> u32 {
        let mut count = 0;
        while let Some(serial) = self.suspects.front() {
            let index = serial.checked_sub(self.first_serial);
            let sent = index.and_then(|index| self.sent.get_mut(index as usize));
            if sent.as_ref().is_some_and(|sent| sent.at > by) {
                break;
            }
            self.suspects.pop_front();
            let Some(sent) = sent else {
                continue;
            };
            if sent.state == SegmentState::InFlight {
                sent.state = SegmentState::Done;
                self.in_flight -= 1;
                let lost = (sent.segment, sent.len);
                self.queue_retransmission(lost);
                count += 1;
            }
        }
        self.drop_done();
        count
    }

    /// Presumes everything sent by `by` lost after a timeout, and always the oldest transmission.
    /// Returns the number of segments.
    pub(super) fn presume_lost(&mut self, by: Ns) -> u32 {
        self.suspects.clear();
        let mut count = 0;
        for index in 0..self.sent.len() {
            let sent = &mut self.sent[index];
            if !sent.state.is_open() || (sent.at > by && count > 0) {
                continue;
            }
            sent.state = SegmentState::PresumedLost;
            self.in_flight -= 1;
            let lost = (sent.segment, sent.len);
            self.queue_retransmission(lost);
            count += 1;
        }
        count
    }

    /// Returns the presumed losses that are still in transit to the flight.
    pub(super) fn undo_presumed_losses(&mut self) {
        for sent in &mut self.sent {
            let Ok(index) = self.lost.binary_search_by_key(&sent.segment, |lost| lost.0) else {
                continue;
            };
            if sent.state == SegmentState::PresumedLost {
                sent.state = SegmentState::InFlight;
                self.in_flight += 1;
                self.lost.remove(index);
            }
        }
        // Transmissions that an acknowledgement has passed are suspected again.
        for serial in self.first_serial..self.acked {
            let sent = &self.sent[(serial - self.first_serial) as usize];
            if sent.state == SegmentState::InFlight {
                self.suspects.push_back(serial);
            }
        }
    }

    /// Removes the last transmission in flight, which a probe replaces.
    pub(super) fn take_last_in_flight(&mut self) -> Option<(u64, u16)> {
        let sent = self.sent.iter_mut().rev().find(|s| s.state.is_open())?;
        sent.state = SegmentState::Done;
        self.in_flight -= 1;
        Some((sent.segment, sent.len))
    }

    /// Returns the first segment to retransmit and its length.
    pub(super) fn first_lost(&self) -> Option<(u64, u16)> {
        self.lost.front().copied()
    }

    /// Removes the first segment to retransmit, which is being sent.
    pub(super) fn pop_lost(&mut self) {
        self.lost.pop_front();
    }

    fn queue_retransmission(&mut self, lost: (u64, u16)) {
        let index = self.lost.partition_point(|other| other.0 < lost.0);
        if self.lost.get(index).is_none_or(|other| other.0 != lost.0) {
            self.lost.insert(index, lost);
        }
    }
}
