//! Path of one session: a bottleneck and the flows that share it.
//!
//! The caller owns the clock. It reports events on loopback (a connection was accepted, a request
//! arrived) with their times, and asks for the data that is readable at the client by some time.
//! Times must not decrease; an earlier time counts as the last one.
//!
//! Background flows are in equilibrium when the first connection opens and are suspended while
//! there is none, so an idle session costs nothing. Creating a path simulates at most about 50,000
//! of their packets, at any rate: above 600 Mbit/s they begin with an equal share of the
//! bandwidth-delay product as their congestion window, because there is no time for slow start.

use super::bottleneck::Bottleneck;
use super::event::{Event, FlowId};
use super::flow::{Flow, FlowState, Shared};
use super::loss::Losses;
use super::packet_log::{Fate, PacketLog};
use super::queue::Departure;
use super::random::{Draw, uniform};
use super::scoreboard::QUEUED;
use super::timer_queue::{NEVER, TimerQueue};
use super::up_link::UpLink;
use super::{DEFAULT_WINDOW, Link, MSS, MTU, Ns, SECOND, ns};
use crate::shuffle::mix;
use std::collections::HashMap;
use std::sync::Arc;

/// A path and its packets in transit.
///
/// ```
/// use lanes_shared::link::{EventKind, Path, SECOND, parse_profile};
///
/// let link = parse_profile("rate_mbit = 10\nrtt_ms = 40")?.validate()?;
/// let mut path = Path::new(&link);
/// let flow = path.open(0, 0);
/// path.supply(0, flow, 50_000);
///
/// let mut events = Vec::new();
/// path.advance(SECOND, &mut events);
/// let bytes = events.iter().map(|event| match event.kind {
///     EventKind::Bytes(bytes) => bytes,
///     EventKind::Reset => 0,
/// });
/// assert_eq!(bytes.sum::<u64>(), 50_000);
/// // Handshake and request take two round trips.
/// assert!(events[0].at >= 80_000_000);
/// # Ok::<(), lanes_shared::link::ProfileError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Path {
    shared: Shared,
    flows: Vec<(u32, Flow)>,
    /// Packets that have just left the queue.
    departures: Vec<Departure>,
    free: Vec<u32>,
    timers: TimerQueue,
    /// Clock of the path, and its offset from the caller's clock.
    clock: Ns,
    shift: u64,
    accepting_until: Ns,
    /// Number of times that each key was opened.
    open_counts: HashMap<u64, u64>,
    /// Number of open flows, without background flows.
    open_flows: usize,
}

/// Maximum time that background flows run before the first connection opens.
const WARM_UP: Ns = 20 * SECOND;
/// Number of packets that the link transmits in that time, which bounds the work at any rate. A
/// server creates paths for untrusted clients.
const WARM_UP_PACKETS: f64 = 50_000.0;
/// Maximum number of packets sent in that time, including those that are dropped or lost.
const MAX_WARM_UP_SENT: u64 = 60_000;
/// Time over which background flows start, as far as the warm-up is that long.
const START_PHASE: Ns = SECOND;

impl Path {
    /// Creates an empty path. Background flows are in equilibrium.
    pub fn new(link: &Link) -> Self {
        Self::with_losses(link, Losses::new(link))
    }

    pub(super) fn with_losses(link: &Link, losses: Losses) -> Self {
        let mut path = Self {
            shared: Shared {
                link: Arc::new(link.clone()),
                bottleneck: Bottleneck::new(link),
                losses,
                up: UpLink::new(link),
                log: None,
                sender: FlowId {
                    slot: 0,
                    generation: 0,
                },
                sent: 0,
            },
            flows: Vec::new(),
            departures: Vec::new(),
            free: Vec::new(),
            timers: TimerQueue::default(),
            clock: 0,
            shift: 0,
            accepting_until: 0,
            open_counts: HashMap::new(),
            open_flows: 0,
        };
        path.warm_up();
        path.shared.bottleneck.start_steps(path.clock);
        path
    }

    fn warm_up(&mut self) {
        let link = self.shared.link.clone();
        let (count, Some(rate)) = (link.background_flows(), link.rate_bps()) else {
            return;
        };
        if count == 0 {
            return;
        }
        let duration = ns(WARM_UP_PACKETS * MTU as f64 * 8.0 / rate).min(WARM_UP);
        let phase = duration.min(START_PHASE);
        let share = link.bandwidth_delay_bytes() / u64::from(count) / MSS;
        for index in 0..u64::from(count) {
            // A key that is not an offset of any file.
            let key = u64::MAX - index;
            let start = uniform(link.seed(), key, Draw::Phase, 0) * phase as f64;
            let mut flow = Flow::background(key, start as Ns, &link);
            if duration < START_PHASE {
                flow.window.start_at(share.min(DEFAULT_WINDOW / MSS) as u32);
            }
            self.insert(flow);
        }
        if self.run(duration, MAX_WARM_UP_SENT, &mut Vec::new()) {
            self.clock = duration;
        }
    }

    /// Opens a flow for an accepted connection. The client's SYN left at `now`, so the server has
    /// the first request one and a half round trips later, and after its work for the connections
    /// accepted before.
    ///
    /// `key` determines the losses of the flow: the offset of the first byte that it fetches. When
    /// a key is opened again its losses differ, because otherwise a connection that failed would
    /// fail forever.
    pub fn open(&mut self, now: Ns, key: u64) -> FlowId {
        if self.open_flows == 0 {
            // Background flows were suspended since the last connection closed.
            self.shift = self.clock.wrapping_sub(now);
        }
        let now = self.path_time(now);
        let link = self.shared.link.clone();
        let request_at = now + link.rtt() + link.rtt() / 2;
        self.accepting_until = self.accepting_until.max(request_at) + link.accept();
        let accepted_at = if link.accept() == 0 {
            request_at
        } else {
            self.accepting_until
        };
        self.open_flows += 1;
        let times = self.open_counts.entry(key).or_default();
        let key = if *times == 0 {
            key
        } else {
            mix(key ^ (*times << 48))
        };
        *times += 1;
        let mut flow = Flow::new(key, now, accepted_at, &link);
        if let Some(bbr) = flow.window.bbr() {
            bbr.on_handshake(now, link.rtt() + self.shared.bottleneck.queuing_delay(now));
        }
        let id = self.insert(flow);
        if let Some(log) = &mut self.shared.log {
            log.open(now, id, link.rtt());
        }
        id
    }

    fn insert(&mut self, flow: Flow) -> FlowId {
        let slot = match self.free.pop() {
            Some(slot) => {
                let entry = &mut self.flows[slot as usize];
                *entry = (entry.0 + 1, flow);
                slot
            }
            None => {
                self.flows.push((0, flow));
                (self.flows.len() - 1) as u32
            }
        };
        self.reschedule(slot as usize);
        FlowId {
            slot,
            generation: self.flows[slot as usize].0,
        }
    }

    /// Gives the server `bytes` more to send on this flow. `now` is the arrival of the request over
    /// loopback; over the path it arrives half a round trip later.
    pub fn supply(&mut self, now: Ns, flow: FlowId, bytes: u64) {
        let now = self.path_time(now);
        let half = self.shared.link.rtt() / 2;
        self.with_flow(flow, |flow| {
            let after = flow.pending_requests.back().map_or(0, |request| request.0);
            let at = (now + half).max(flow.accepted_at).max(after);
            flow.pending_requests.push_back((at, bytes));
        });
    }

    /// Starts a log of the packets of connections that open from now on.
    pub fn start_log(&mut self) {
        self.log_into(PacketLog::default());
    }

    /// Like [`Self::start_log`], with an empty `log`.
    pub fn log_into(&mut self, log: PacketLog) {
        self.shared.log = Some(Box::new(log));
    }

    /// Ends the log and returns it; empty when none was started.
    pub fn take_log(&mut self) -> PacketLog {
        self.shared.log.take().map(|log| *log).unwrap_or_default()
    }

    /// Closes a flow. Its data in transit is never delivered.
    pub fn close(&mut self, now: Ns, flow: FlowId) {
        self.path_time(now);
        if self.with_flow(flow, Flow::close) {
            self.free_slot(flow.slot);
        }
    }

    /// Pauses a flow whose client does not read: no new data is sent until [`Self::resume`]. Data
    /// in flight still arrives.
    pub fn pause(&mut self, now: Ns, flow: FlowId) {
        self.path_time(now);
        self.with_flow(flow, |flow| flow.paused = true);
    }

    /// Resumes a flow whose client reads again.
    pub fn resume(&mut self, now: Ns, flow: FlowId) {
        let now = self.path_time(now);
        self.with_flow(flow, |flow| {
            flow.paused = false;
            flow.pending_requests.push_front((now, 0));
        });
    }

    /// Returns the time of the next event; `None` when nothing will happen until the caller acts.
    #[inline]
    pub fn next(&self) -> Option<Ns> {
        if self.open_flows == 0 {
            return None;
        }
        let mut next = self.timers.earliest();
        if self.shared.bottleneck.is_managed() {
            // A packet that was just queued leaves an idle link at once.
            next = next.min(self.shared.bottleneck.next_service().max(self.clock));
        }
        (next < QUEUED).then(|| next.wrapping_sub(self.shift))
    }

    /// Processes everything that is due by `until` and appends the events that the client observes
    /// to `out`, in order of time.
    pub fn advance(&mut self, until: Ns, out: &mut Vec<Event>) {
        self.advance_bounded(until, u64::MAX, out);
    }

    /// Like [`Self::advance`], but stops once about `max_packets` were sent. Returns whether
    /// everything due by `until` is processed.
    pub fn advance_bounded(&mut self, until: Ns, max_packets: u64, out: &mut Vec<Event>) -> bool {
        if self.open_flows == 0 {
            return true;
        }
        let until = until.wrapping_add(self.shift);
        let first = out.len();
        let is_complete = self.run(until, max_packets, out);
        if is_complete {
            self.clock = self.clock.max(until);
        }
        for event in &mut out[first..] {
            event.at = event.at.wrapping_sub(self.shift);
        }
        is_complete
    }

    /// Processes everything that is due by `until`, or stops once `max_packets` were sent and
    /// returns false. A single event may send a window more.
    fn run(&mut self, until: Ns, max_packets: u64, out: &mut Vec<Event>) -> bool {
        let limit = self.shared.sent.saturating_add(max_packets);
        loop {
            let next = (self.timers.earliest() <= until).then(|| self.timers.first());
            let Some((at, slot)) = next.flatten() else {
                if self.shared.bottleneck.is_managed() && self.serve_queue(until) {
                    continue;
                }
                return true;
            };
            // At equal times packets leave the queue first.
            if self.shared.bottleneck.is_managed() && self.serve_queue(at) {
                continue;
            }
            if self.shared.sent >= limit {
                return false;
            }
            // Events that became due between two calls happen now.
            let at = at.max(self.clock);
            self.clock = at;
            let (generation, flow) = &mut self.flows[slot];
            let id = FlowId {
                slot: slot as u32,
                generation: *generation,
            };
            flow.process(at, id, &mut self.shared, out);
            let (closed, next) = (flow.closed, flow.next_event());
            self.timers.set(slot, next);
            if closed {
                self.free_slot(slot as u32);
            }
        }
    }

    /// Selects the next packet of the queue if that is due by `until`, and tells the flows which of
    /// theirs left it. Returns whether it was due.
    #[inline(never)]
    fn serve_queue(&mut self, until: Ns) -> bool {
        let due = self.shared.bottleneck.next_service();
        if due > until {
            return false;
        }
        self.clock = self.clock.max(due);
        let (clock, link) = (self.clock, self.shared.link.clone());
        let mut departures = std::mem::take(&mut self.departures);
        self.shared.bottleneck.serve(clock, &mut departures);
        for Departure { packet, at } in departures.drain(..) {
            if let (None, Some(log)) = (at, &mut self.shared.log) {
                log.set_fate(packet.flow, packet.serial, Fate::Dropped);
            }
            let mut arrives = NEVER;
            let change = |flow: &mut Flow| arrives = flow.on_departure(packet.serial, at, &link);
            self.with_flow(packet.flow, change);
            if let (true, Some(log)) = (arrives < QUEUED, &mut self.shared.log) {
                log.set_arrival(packet.flow, packet.serial, arrives);
            }
        }
        self.departures = departures;
        true
    }

    /// Returns the number of packets sent, including retransmissions, background flows, and packets
    /// that were dropped or lost.
    pub fn sent_packets(&self) -> u64 {
        self.shared.sent
    }

    /// Returns the state of a flow; `None` once it is closed.
    pub fn flow_state(&self, flow: FlowId) -> Option<FlowState> {
        let (generation, state) = self.flows.get(flow.slot as usize)?;
        (*generation == flow.generation && !state.closed).then(|| state.state())
    }

    /// Returns the bytes queued at the bottleneck, as of the last [`Self::advance`].
    pub fn queue_bytes(&self) -> u64 {
        self.shared.bottleneck.queued_bytes(self.clock) as u64
    }

    /// Returns the bytes transmitted by the bottleneck, including headers, retransmissions and
    /// background flows.
    pub fn carried_bytes(&self) -> u64 {
        self.shared.bottleneck.carried
    }

    /// Returns the number of packets dropped because the buffer was full.
    pub fn dropped_packets(&self) -> u64 {
        self.shared.bottleneck.dropped
    }

    /// Converts the caller's time to the path's clock, which never decreases.
    fn path_time(&self, now: Ns) -> Ns {
        now.wrapping_add(self.shift).max(self.clock)
    }

    /// Changes a flow, unless it is closed, and reschedules its timer. Returns whether it was open.
    fn with_flow(&mut self, id: FlowId, change: impl FnOnce(&mut Flow)) -> bool {
        let Some((generation, flow)) = self.flows.get_mut(id.slot as usize) else {
            return false;
        };
        if *generation != id.generation || flow.closed {
            return false;
        }
        change(flow);
        self.reschedule(id.slot as usize);
        true
    }

    fn reschedule(&mut self, slot: usize) {
        let at = self.flows[slot].1.next_event();
        self.timers.set(slot, at);
    }

    fn free_slot(&mut self, slot: u32) {
        self.free.push(slot);
        self.open_flows -= 1;
    }
}
