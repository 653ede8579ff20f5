//! Transmissions that were held back, as the sender learns of them.

use super::held_back::Held;
use super::{AckSummary, Ns, Scoreboard, SegmentState, Transmission};
use crate::link::timer_queue::NEVER;

impl Scoreboard {
    /// Holds a transmission back until `arrives`, while later ones overtake it.
    #[cold]
    pub(in crate::link) fn hold_back(&mut self, serial: u64, arrives: Ns) {
        let index = serial.checked_sub(self.first_serial);
        let Some(sent) = index.and_then(|index| self.sent.get_mut(index as usize)) else {
            return;
        };
        sent.arrives = NEVER;
        let held = Held {
            arrives,
            serial,
            sent: *sent,
        };
        self.held.get_or_insert_default().push(held);
    }

    /// Returns the number of transmissions that were held back and have arrived.
    pub(in crate::link) fn arrived_late(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.arrived())
    }

    /// Processes an acknowledgement of the first `late` transmissions that were held back.
    #[cold]
    pub(super) fn acknowledge_late(&mut self, late: u64, summary: &mut AckSummary) {
        while let Some(held) = self.held.as_mut().and_then(|held| held.acknowledge(late)) {
            let (serial, sent) = (held.serial, held.sent);
            let index = serial.checked_sub(self.first_serial);
            let entry = index.and_then(|index| self.sent.get_mut(index as usize));
            let mut late = summary.late.unwrap_or_default();
            let state = entry.map_or(SegmentState::Done, |entry| {
                std::mem::replace(&mut entry.state, SegmentState::Done)
            });
            match state {
                SegmentState::InFlight => {
                    self.in_flight -= 1;
                    self.suspects.retain(|suspect| *suspect != serial);
                    summary.delivered += 1;
                    summary.last_delivered = summary.last_delivered.max(serial);
                    summary.sent_at = summary
                        .sent_at
                        .or_else(|| (!sent.retransmission).then_some(sent.at));
                }
                SegmentState::Duplicate => self.in_flight -= 1,
                SegmentState::PresumedLost => summary.spurious_timeout = true,
                SegmentState::Done => {
                    if !sent.retransmission {
                        late.lost_sent_at = late.lost_sent_at.max(Some(sent.at));
                    }
                    summary.delivered += u32::from(self.settle_segment(sent.segment));
                }
            }
            if !sent.retransmission {
                let overtaken_by = self.delivered_until.saturating_sub(sent.segment + 1);
                late.overtaken_by = late.overtaken_by.max(overtaken_by);
            }
            summary.late = Some(late);
        }
    }

    /// Takes a segment that has arrived from those to retransmit, or its retransmission from those in
    /// flight. Returns whether it was among them.
    fn settle_segment(&mut self, segment: u64) -> bool {
        if let Ok(index) = self.lost.binary_search_by_key(&segment, |lost| lost.0) {
            self.lost.remove(index);
            return true;
        }
        let is_retransmission =
            |sent: &&mut Transmission| sent.segment == segment && sent.state.is_open();
        let Some(sent) = self.sent.iter_mut().find(is_retransmission) else {
            return false;
        };
        sent.state = SegmentState::Done;
        self.in_flight -= 1;
        true
    }

    /// Returns whether a retransmission is in flight.
    pub(in crate::link) fn has_open_retransmission(&self) -> bool {
        let is_open = |sent: &Transmission| sent.retransmission && sent.state.is_open();
        self.sent.iter().any(is_open)
    }
}
