//! What a sender has sent and does not know the state of.
//!
//! 1. Transmissions stand in the order they were sent. Bottleneck and path keep that order, so
//!    what arrives is always the next that is not lost, and an acknowledgement covers all up to
//!    some transmission (every one of them is acknowledged or reported as selectively received).
//! 2. A transmission behind which a later one arrived is *suspected* (RACK, RFC 8985); when the
//!    sender may believe it, it is *lost* and waits to be sent again.

use super::Ns;
use super::timer_queue::NEVER;
use std::collections::VecDeque;

/// One transmission of a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) segment: u64,
    pub(super) len: u16,
    pub(super) at: Ns,
    /// [`NEVER`] when it is lost on the way.
    pub(super) arrives: Ns,
    /// Whether the segment had been sent before.
    pub(super) again: bool,
    state: SegmentState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SegmentState {
    /// In flight, as far as the sender knows.
    Flying,
    /// Acknowledged, believed lost, or replaced by a probe.
    Settled,
    /// Believed lost because a time-out passed, though nothing says so.
    GivenUp,
    /// Came a second time; no longer in flight once acknowledged.
    Duplicate,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Scoreboard {
    sent: VecDeque<Sent>,
    /// The serial number of `sent[0]`.
    base: u64,
    /// The first transmission that has not arrived, and the first not acknowledged.
    arrived: u64,
    acked: u64,
    in_flight: u32,
    /// The first segment not acknowledged, and what was sent before the last repetition.
    una: u64,
    repeated: u64,
    suspects: VecDeque<u64>,
    /// Segments to send again and their lengths, sorted.
    lost: VecDeque<(u64, u16)>,
}

/// What an acknowledgement told.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AckSummary {
    /// Segments that are now known to have arrived.
    pub(super) delivered: u32,
    /// When the last of them was sent, if it was sent only once.
    pub(super) sent_at: Option<Ns>,
    /// Something that had been given up came after all: the time-out was too early.
    pub(super) too_early: bool,
}

impl Scoreboard {
    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight
    }

    pub(super) fn push(&mut self, segment: u64, len: u16, at: Ns, arrives: Ns, again: bool) {
        self.sent.push_back(Sent {
            segment,
            len,
            at,
            arrives,
            again,
            state: SegmentState::Flying,
        });
        self.in_flight += 1;
        if again {
            self.repeated = self.base + self.sent.len() as u64;
        }
    }

    /// When the next transmission arrives at the client.
    pub(super) fn next_arrival(&mut self) -> Ns {
        loop {
            let index = (self.arrived - self.base) as usize;
            match self.sent.get(index) {
                Some(sent) if sent.arrives == NEVER => self.arrived += 1,
                Some(sent) => return sent.arrives,
                None => return NEVER,
            }
        }
    }

    /// The next transmission, if it has arrived by `now`.
    pub(super) fn arrival(&mut self, now: Ns) -> Option<Sent> {
        if self.next_arrival() > now {
            return None;
        }
        let sent = self.sent.get((self.arrived - self.base) as usize).copied();
        self.arrived += 1;
        sent
    }

    /// Everything sent before this has arrived or is lost.
    pub(super) fn arrived(&self) -> u64 {
        self.arrived
    }

    /// The last that arrived had come before.
    pub(super) fn was_duplicate(&mut self) {
        let index = (self.arrived - 1 - self.base) as usize;
        if let Some(sent) = self.sent.get_mut(index)
            && sent.state == SegmentState::Flying
        {
            sent.state = SegmentState::Duplicate;
        }
    }

    /// An acknowledgement that covers every transmission before `upto`.
    pub(super) fn acknowledge(&mut self, upto: u64, una: u64) -> AckSummary {
        let mut told = AckSummary::default();
        for serial in self.acked..upto {
            let sent = &mut self.sent[(serial - self.base) as usize];
            if sent.arrives == NEVER {
                if sent.state == SegmentState::Flying {
                    self.suspects.push_back(serial);
                }
                continue;
            }
            match sent.state {
                SegmentState::Flying => {
                    told.delivered += 1;
                    told.sent_at = (!sent.again).then_some(sent.at);
                    self.in_flight -= 1;
                }
                SegmentState::Duplicate => self.in_flight -= 1,
                SegmentState::GivenUp => told.too_early = true,
                SegmentState::Settled => {}
            }
            sent.state = SegmentState::Settled;
        }
        self.acked = self.acked.max(upto);
        self.settle_before(una);
        while self.lost.front().is_some_and(|lost| lost.0 < una) {
            self.lost.pop_front();
        }
        self.forget_settled();
        told
    }

    /// A segment that has come is no longer in flight, though a repetition of it may be.
    fn settle_before(&mut self, una: u64) {
        if una <= self.una {
            return;
        }
        self.una = una;
        let count = self.repeated.saturating_sub(self.base) as usize;
        for sent in self.sent.iter_mut().take(count) {
            if sent.state == SegmentState::Flying && sent.segment < una {
                sent.state = SegmentState::Settled;
                self.in_flight -= 1;
            }
        }
    }

    fn forget_settled(&mut self) {
        while let Some(sent) = self.sent.front() {
            let over = sent.arrives == NEVER || self.base < self.arrived;
            let open = matches!(sent.state, SegmentState::Flying | SegmentState::Duplicate);
            if open || !over || self.base >= self.acked {
                return;
            }
            self.sent.pop_front();
            self.base += 1;
        }
    }

    /// When the first of those in flight was sent behind which something has arrived.
    pub(super) fn suspect_sent_at(&self) -> Option<Ns> {
        let serial = self.suspects.front()?;
        let sent = self.sent.get(serial.checked_sub(self.base)? as usize)?;
        Some(sent.at)
    }

    /// Believes the suspicions. Returns how many are lost.
    pub(super) fn believe(&mut self) -> u32 {
        let mut count = 0;
        while let Some(serial) = self.suspects.pop_front() {
            let Some(index) = serial.checked_sub(self.base) else {
                continue;
            };
            let Some(sent) = self.sent.get_mut(index as usize) else {
                continue;
            };
            if sent.state == SegmentState::Flying {
                sent.state = SegmentState::Settled;
                self.in_flight -= 1;
                let lost = (sent.segment, sent.len);
                self.queue_again(lost);
                count += 1;
            }
        }
        self.forget_settled();
        count
    }

    /// A time-out: everything sent by `by` is believed lost, and the oldest whenever it was sent.
    pub(super) fn give_up(&mut self, by: Ns) -> u32 {
        self.suspects.clear();
        let mut count = 0;
        for index in 0..self.sent.len() {
            let sent = &mut self.sent[index];
            if sent.state != SegmentState::Flying || (sent.at > by && count > 0) {
                continue;
            }
            sent.state = SegmentState::GivenUp;
            self.in_flight -= 1;
            let lost = (sent.segment, sent.len);
            self.queue_again(lost);
            count += 1;
        }
        count
    }

    /// What was given up and is still on its way counts as in flight again.
    pub(super) fn take_back(&mut self) {
        for sent in &mut self.sent {
            let Ok(index) = self.lost.binary_search_by_key(&sent.segment, |lost| lost.0) else {
                continue;
            };
            if sent.state == SegmentState::GivenUp {
                sent.state = SegmentState::Flying;
                self.in_flight += 1;
                self.lost.remove(index);
            }
        }
        // Those that an acknowledgement has passed by are suspects once more.
        for serial in self.base..self.acked {
            let sent = &self.sent[(serial - self.base) as usize];
            if sent.state == SegmentState::Flying {
                self.suspects.push_back(serial);
            }
        }
    }

    /// The last transmission in flight, which a probe replaces.
    pub(super) fn replace_last(&mut self) -> Option<(u64, u16)> {
        let sent = self
            .sent
            .iter_mut()
            .rev()
            .find(|s| s.state == SegmentState::Flying)?;
        sent.state = SegmentState::Settled;
        self.in_flight -= 1;
        Some((sent.segment, sent.len))
    }

    /// The first segment to send again and its length.
    pub(super) fn first_lost(&self) -> Option<(u64, u16)> {
        self.lost.front().copied()
    }

    /// The first lost segment is being sent again.
    pub(super) fn pop_lost(&mut self) {
        self.lost.pop_front();
    }

    fn queue_again(&mut self, lost: (u64, u16)) {
        let place = self.lost.partition_point(|other| other.0 < lost.0);
        if self.lost.get(place).is_none_or(|other| other.0 != lost.0) {
            self.lost.insert(place, lost);
        }
    }
}
