//! Queue before the bottleneck whose packets are selected when the link becomes free: FIFO, `CoDel`
//! or FQ-CoDel, over a rate that may change.
//!
//! A drop-tail queue at a constant rate needs none of this, see
//! [`Bottleneck`](super::bottleneck::Bottleneck). Here later arrivals affect the fate of a packet,
//! so the path serves the queue at [`ServedQueue::next_service`] and learns then which packets left
//! or were dropped.

mod codel;
mod flow_queues;
pub(super) mod pie;
pub(super) mod rate_schedule;

use super::timer_queue::NEVER;
use super::{FlowId, Link, Ns, QueueDiscipline};
use codel::Codel;
use flow_queues::FlowQueues;
use rate_schedule::RateSchedule;
use std::collections::VecDeque;

/// A packet in the queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueuedPacket {
    pub(super) flow: FlowId,
    /// Serial number of the transmission.
    pub(super) serial: u64,
    /// Length on the link, in bytes.
    pub(super) len: u64,
    pub(super) enqueued_at: Ns,
}

/// A packet that left the queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    pub(super) packet: QueuedPacket,
    /// Time at which it has left the link; `None` when it was dropped.
    pub(super) at: Option<Ns>,
}

/// A queue that the path serves packet by packet.
#[derive(Debug, Clone)]
pub(super) struct ServedQueue {
    discipline: Discipline,
    rate: RateSchedule,
    buffer_bytes: u64,
    free_at: Ns,
    /// Packets that left and that the path has not yet taken.
    departures: Vec<Departure>,
}

#[derive(Debug, Clone)]
enum Discipline {
    Fifo(Fifo),
    Codel(Fifo, Codel),
    FlowQueues(FlowQueues),
}

/// Packets in the order of their arrival.
#[derive(Debug, Clone, Default)]
pub(super) struct Fifo {
    packets: VecDeque<QueuedPacket>,
    bytes: u64,
}

impl Fifo {
    fn push(&mut self, packet: QueuedPacket) {
        self.bytes += packet.len;
        self.packets.push_back(packet);
    }

    fn pop(&mut self) -> Option<QueuedPacket> {
        let packet = self.packets.pop_front()?;
        self.bytes -= packet.len;
        Some(packet)
    }
}

impl ServedQueue {
    /// Creates the queue of a link; `None` when a drop-tail queue at a constant rate suffices.
    pub(super) fn new(link: &Link) -> Option<Self> {
        let discipline = match link.queue() {
            QueueDiscipline::Codel => Discipline::Codel(Fifo::default(), Codel::default()),
            QueueDiscipline::FqCodel => Discipline::FlowQueues(FlowQueues::default()),
            QueueDiscipline::DropTail | QueueDiscipline::Pie
                if link.steps().is_empty() && link.trace().is_none() =>
            {
                return None;
            }
            QueueDiscipline::DropTail | QueueDiscipline::Pie => Discipline::Fifo(Fifo::default()),
        };
        Some(Self {
            discipline,
            rate: RateSchedule::new(link)?,
            buffer_bytes: link.buffer_bytes(),
            free_at: 0,
            departures: Vec::new(),
        })
    }

    /// Lets the steps of the rate begin at `origin`.
    pub(super) fn start_steps(&mut self, origin: Ns) {
        self.rate.start(origin);
    }

    /// Queues a packet. Returns false when the buffer is full and the packet is dropped.
    pub(super) fn enqueue(&mut self, packet: QueuedPacket) -> bool {
        let is_full = self.queued_bytes(packet.enqueued_at) + packet.len > self.buffer_bytes;
        if self.backlog() == 0 {
            self.free_at = self.free_at.max(packet.enqueued_at);
        }
        match &mut self.discipline {
            Discipline::Fifo(_) | Discipline::Codel(..) if is_full => return false,
            Discipline::Fifo(fifo) | Discipline::Codel(fifo, _) => fifo.push(packet),
            Discipline::FlowQueues(queues) => {
                queues.push(packet);
                if is_full {
                    let dropped = queues.drop_from_longest();
                    let drop = |packet| Departure { packet, at: None };
                    self.departures.extend(dropped.map(drop));
                }
            }
        }
        true
    }

    /// Returns the time at which the next packet is selected; [`NEVER`] for an empty queue.
    pub(super) fn next_service(&self) -> Ns {
        if !self.departures.is_empty() {
            return 0;
        }
        if self.backlog() == 0 {
            return NEVER;
        }
        self.rate.next_transmission(self.free_at)
    }

    /// Selects the next packet at `now` and transmits it. Returns everything that left the queue.
    pub(super) fn serve(&mut self, now: Ns) -> std::vec::Drain<'_, Departure> {
        if self.free_at <= now {
            self.free_at = now;
            if self.rate.next_transmission(now) == now {
                self.transmit_next(now);
            }
        }
        self.departures.drain(..)
    }

    fn transmit_next(&mut self, now: Ns) {
        let departures = &mut self.departures;
        let mut drop = |packet| departures.push(Departure { packet, at: None });
        let next = match &mut self.discipline {
            Discipline::Fifo(fifo) => fifo.pop(),
            Discipline::Codel(fifo, codel) => codel.dequeue(fifo, now, &mut drop),
            Discipline::FlowQueues(queues) => queues.dequeue(now, &mut drop),
        };
        if let Some(packet) = next {
            self.free_at = self.rate.transmit(now, packet.len);
            let at = Some(self.free_at);
            self.departures.push(Departure { packet, at });
        }
    }

    /// Returns the bytes that are queued or being transmitted at `now`.
    pub(super) fn queued_bytes(&self, now: Ns) -> u64 {
        let in_service = self.free_at.saturating_sub(now);
        self.backlog() + self.rate.bytes_in(now, in_service)
    }

    /// Returns how long the packets that are queued at `now` take at the present rate.
    pub(super) fn queuing_delay(&self, now: Ns) -> Ns {
        let own = self.rate.duration(now, self.backlog());
        own + self.free_at.saturating_sub(now)
    }

    fn backlog(&self) -> u64 {
        match &self.discipline {
            Discipline::Fifo(fifo) | Discipline::Codel(fifo, _) => fifo.bytes,
            Discipline::FlowQueues(queues) => queues.bytes(),
        }
    }
}
