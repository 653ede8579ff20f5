//! Bottleneck: one link that all flows share, with a policer and a queue before it.
//!
//! A drop-tail queue at a constant rate needs no list of packets: everything queued leaves at the
//! rate of the link, so the time at which the link becomes free determines the queue length. The
//! other queues are a [`ServedQueue`].

use super::policer::Policer;
use super::queue::pie::Pie;
use super::queue::{Departure, QueuedPacket, ServedQueue};
use super::timer_queue::NEVER;
use super::{FlowId, Link, MTU, Ns, QueueDiscipline};

/// Maximum delay of an acknowledgement without a bottleneck, in nanoseconds.
const MAX_JITTER: f64 = 200_000.0;

/// Fate of a packet that reaches the bottleneck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It leaves the link at this time.
    Departs(Ns),
    /// It waits; [`Bottleneck::serve`] tells when it leaves.
    Queued,
    /// It is dropped.
    Dropped,
}

/// A link with a fixed rate and a buffer, or without a limit.
#[derive(Debug, Clone)]
pub(super) struct Bottleneck {
    /// Transmission time of one byte; zero when the rate is unlimited.
    ns_per_byte: f64,
    buffer_bytes: f64,
    free_at: Ns,
    /// Most links have none of it; one check then keeps them fast.
    managed: Option<Box<Managed>>,
    /// Bytes transmitted.
    pub(super) carried: u64,
    /// Packets dropped by the queue or the policer.
    pub(super) dropped: u64,
}

/// A policer and a queue that is more than drop-tail at a constant rate.
#[derive(Debug, Clone)]
struct Managed {
    policer: Option<Policer>,
    pie: Option<Pie>,
    served: Option<ServedQueue>,
}

impl Managed {
    fn new(link: &Link) -> Option<Self> {
        let has_pie = link.queue() == QueueDiscipline::Pie && link.rate_bps().is_some();
        let managed = Self {
            policer: Policer::new(link),
            pie: has_pie.then(|| Pie::new(link.seed())),
            served: ServedQueue::new(link),
        };
        let is_any = managed.policer.is_some() || has_pie || managed.served.is_some();
        is_any.then_some(managed)
    }
}

impl Bottleneck {
    pub(super) fn new(link: &Link) -> Self {
        Self {
            ns_per_byte: link.rate_bps().map_or(0.0, |rate| 8e9 / rate),
            buffer_bytes: link.buffer_bytes() as f64,
            free_at: 0,
            managed: Managed::new(link).map(Box::new),
            carried: 0,
            dropped: 0,
        }
    }

    /// Admits transmission `serial` of a flow with `wire` bytes at `now`.
    #[inline]
    pub(super) fn admit(&mut self, now: Ns, wire: u64, flow: FlowId, serial: u64) -> Admission {
        if self.managed.is_some() {
            let (len, enqueued_at) = (wire, now);
            return self.admit_managed(QueuedPacket {
                flow,
                serial,
                len,
                enqueued_at,
            });
        }
        self.enqueue(now, wire)
            .map_or(Admission::Dropped, Admission::Departs)
    }

    #[cold]
    fn admit_managed(&mut self, packet: QueuedPacket) -> Admission {
        let now = packet.enqueued_at;
        let (queued, free_at) = (self.queued_bytes(now), now + self.queuing_delay(now));
        let Some(managed) = &mut self.managed else {
            return Admission::Dropped;
        };
        let is_policed = managed
            .policer
            .as_mut()
            .is_some_and(|policer| !policer.admits(now, packet.len));
        let is_dropped = is_policed
            || managed
                .pie
                .as_mut()
                .is_some_and(|pie| pie.should_drop(now, free_at, queued));
        if is_dropped {
            self.dropped += 1;
            return Admission::Dropped;
        }
        let Some(served) = &mut managed.served else {
            let departure = self.enqueue(now, packet.len);
            return departure.map_or(Admission::Dropped, Admission::Departs);
        };
        if served.enqueue(packet) {
            return Admission::Queued;
        }
        self.dropped += 1;
        Admission::Dropped
    }

    /// Returns whether the link has a policer or a queue that is more than drop-tail.
    #[inline]
    pub(super) fn is_managed(&self) -> bool {
        self.managed.is_some()
    }

    fn served(&self) -> Option<&ServedQueue> {
        self.managed.as_ref()?.served.as_ref()
    }

    fn served_mut(&mut self) -> Option<&mut ServedQueue> {
        self.managed.as_mut()?.served.as_mut()
    }

    /// Queues a packet of `wire` bytes at `now`, drop-tail. Returns the time at which it has left
    /// the link, or `None` when the buffer is full.
    fn enqueue(&mut self, now: Ns, wire: u64) -> Option<Ns> {
        let queued = || self.free_at.saturating_sub(now) as f64 / self.ns_per_byte;
        if self.ns_per_byte > 0.0 && queued() + wire as f64 > self.buffer_bytes {
            self.dropped += 1;
            return None;
        }
        self.carried += wire;
        let duration = (wire as f64 * self.ns_per_byte).round() as Ns;
        self.free_at = self.free_at.max(now) + duration;
        Some(self.free_at)
    }

    /// Lets the steps of the rate begin at `origin`.
    pub(super) fn start_steps(&mut self, origin: Ns) {
        if let Some(served) = self.served_mut() {
            served.start_steps(origin);
        }
    }

    /// Returns the time at which the next queued packet is selected; [`NEVER`] without one.
    pub(super) fn next_service(&self) -> Ns {
        self.served().map_or(NEVER, ServedQueue::next_service)
    }

    /// Selects the next queued packet at `now`. Appends the packets that left the queue.
    pub(super) fn serve(&mut self, now: Ns, out: &mut Vec<Departure>) {
        let Some(served) = self
            .managed
            .as_mut()
            .and_then(|managed| managed.served.as_mut())
        else {
            return;
        };
        for departure in served.serve(now) {
            match departure.at {
                Some(_) => self.carried += departure.packet.len,
                None => self.dropped += 1,
            }
            out.push(departure);
        }
    }

    /// Returns the maximum random delay of an acknowledgement, caused by load on the hosts, in
    /// nanoseconds.
    ///
    /// Without it flows synchronize with the bottleneck and the same flow always finds the buffer
    /// full; a random delay of up to one packet time prevents that (Floyd and Jacobson 1992). It is
    /// small compared with the round-trip time, so that window-limited rates stay accurate. With a
    /// round-trip time shorter than one packet time only the queue matters, and the delay is one
    /// packet time.
    pub(super) fn jitter(&self, rtt: Ns) -> f64 {
        let small = (rtt as f64 / 200.0).min(MAX_JITTER);
        if self.ns_per_byte == 0.0 {
            return small;
        }
        let packet = MTU as f64 * self.ns_per_byte;
        if (rtt as f64) < packet {
            return packet;
        }
        packet.min(small.max(packet / 10.0))
    }

    /// Returns how long a packet that arrives at `now` waits.
    pub(super) fn queuing_delay(&self, now: Ns) -> Ns {
        match self.served() {
            Some(served) => served.queuing_delay(now),
            None => self.free_at.saturating_sub(now),
        }
    }

    /// Returns the bytes that are queued or being transmitted at `now`.
    pub(super) fn queued_bytes(&self, now: Ns) -> f64 {
        if self.ns_per_byte == 0.0 {
            return 0.0;
        }
        if let Some(served) = self.served() {
            return served.queued_bytes(now) as f64;
        }
        self.free_at.saturating_sub(now) as f64 / self.ns_per_byte
    }
}
