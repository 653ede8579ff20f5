//! Segments and acknowledgements of a flow between the bottleneck and the hosts: random delays, segments
//! that are held back, and the client, which acknowledges each arrival.

use super::event::{Event, EventKind, FlowId};
use super::flow::{Ack, Flow, Shared};
use super::packet_log::LoggedAck;
use super::random::{Draw, uniform};
use super::scoreboard::{QUEUED, Transmission};
use super::timer_queue::NEVER;
use super::{Link, Ns};

impl Flow {
    /// Processes the departure of a queued segment; `None` when the queue dropped it. Returns the time
    /// of its arrival at the client.
    pub(super) fn on_departure(&mut self, serial: u64, at: Option<Ns>, link: &Link) -> Ns {
        self.lost += u64::from(at.is_none());
        let arrives = at.map_or(NEVER, |at| at + link.rtt() / 2);
        let arrives = self.delay_at_random(arrives, serial, link);
        self.scoreboard.set_arrival(serial, arrives);
        self.hold_back(arrives, serial, link)
    }

    /// Holds a segment back, if it is drawn. Returns the time of its arrival.
    pub(super) fn hold_back(&mut self, arrives: Ns, serial: u64, link: &Link) -> Ns {
        let share = link.reordered();
        if share == 0.0 || arrives >= QUEUED {
            return arrives;
        }
        if uniform(link.seed(), self.key, Draw::Reorder, serial) >= share {
            return arrives;
        }
        let arrives = arrives + link.hold();
        self.scoreboard.hold_back(serial, arrives);
        arrives
    }

    /// Adds the random delay of a segment, which does not overtake an earlier one.
    #[cold]
    pub(super) fn delay_at_random(&mut self, arrives: Ns, serial: u64, link: &Link) -> Ns {
        if link.jitter() == 0 || arrives >= QUEUED {
            return arrives;
        }
        let chance = uniform(link.seed(), self.key, Draw::Delay, serial);
        let delay = (chance * link.jitter() as f64) as Ns;
        self.last_arrival = self.last_arrival.max(arrives + delay);
        self.last_arrival
    }

    /// Lets the segments arrive that are due by `now`, and acknowledges each.
    pub(super) fn receive(
        &mut self,
        now: Ns,
        id: FlowId,
        shared: &mut Shared,
        out: &mut Vec<Event>,
    ) {
        let mut bytes = 0;
        while let Some((serial, sent)) = self.scoreboard.arrival(now) {
            let received = self.receiver.receive(sent.segment, sent.len);
            if received.duplicate {
                self.scoreboard.mark_duplicate(serial);
            }
            bytes += received.in_order;
            self.send_ack(now, &sent, received.duplicate, shared);
        }
        let excess = self.receiver.bytes().saturating_sub(self.reset_after);
        let at = now;
        let mut emit = |kind| out.push(Event { at, flow: id, kind });
        if bytes > excess && !self.background {
            emit(EventKind::Bytes(bytes - excess));
        }
        if self.receiver.bytes() >= self.reset_after && !self.background {
            emit(EventKind::Reset);
            self.close();
        }
    }

    fn send_ack(
        &mut self,
        now: Ns,
        received: &Transmission,
        is_duplicate: bool,
        shared: &mut Shared,
    ) {
        let rtt = shared.link.rtt();
        let received_at = now;
        let mut now = now;
        if let Some(up) = &mut shared.up {
            let is_selective = self.receiver.out_of_order_count() > 0;
            let Some(sent) = up.enqueue(now, is_selective) else {
                // A later acknowledgement covers the same segments.
                return;
            };
            now = sent;
        }
        let chance = uniform(
            shared.link.seed(),
            self.key,
            Draw::Jitter,
            self.scoreboard.arrived() + self.scoreboard.arrived_late(),
        );
        let jitter = (chance * shared.bottleneck.jitter(rtt)) as Ns;
        // Half of the round-trip time is rounded down on the way to the client; this compensates.
        let at = now + rtt - rtt / 2 + jitter;
        let at = at.max(self.acks.back().map_or(0, |ack| ack.at));
        if let Some(log) = &mut shared.log {
            let ack = LoggedAck {
                bytes: self.receiver.bytes(),
                ranges: self.receiver.ranges(received.segment),
                sent_at: received_at,
                echoes: received.at,
            };
            log.on_ack(at, shared.sender, &ack);
        }
        self.acks.push_back(Ack {
            at,
            covers: self.scoreboard.arrived(),
            una: self.receiver.next(),
            bytes: self.receiver.bytes(),
            out_of_order: self.receiver.out_of_order_count(),
            late: self.scoreboard.arrived_late(),
            duplicate: is_duplicate.then_some(received.segment),
        });
    }
}
