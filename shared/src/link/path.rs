//! Path of one session: a bottleneck and the flows that share it.
//!
//! The caller owns the clock. It reports events on loopback (a connection was accepted, a request
//! arrived) with their times, and asks for the data that is readable at the client by some time.
//! Times must not decrease; an earlier time counts as the last one.
//!
//! Background flows are in equilibrium when the first connection opens and are suspended while
//! there is none, so an idle session costs nothing.

use super::bottleneck::Bottleneck;
use super::event::{Event, FlowId};
use super::flow::{Flow, FlowState, Shared};
use super::loss::Losses;
use super::random::{Draw, uniform};
use super::timer_queue::TimerQueue;
use super::{Link, MTU, Ns, SECOND, ns};
use crate::shuffle::mix;
use std::collections::HashMap;

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
/// Maximum number of packets that background flows transmit in that time.
const WARM_UP_PACKETS: f64 = 50_000.0;

impl Path {
    /// Creates an empty path. Background flows are in equilibrium.
    pub fn new(link: &Link) -> Self {
        Self::with_losses(link, Losses::default())
    }

    pub(super) fn with_losses(link: &Link, losses: Losses) -> Self {
        let mut path = Self {
            shared: Shared {
                link: *link,
                bottleneck: Bottleneck::new(link),
                losses,
            },
            flows: Vec::new(),
            free: Vec::new(),
            timers: TimerQueue::default(),
            clock: 0,
            shift: 0,
            accepting_until: 0,
            open_counts: HashMap::new(),
            open_flows: 0,
        };
        path.warm_up();
        path
    }

    fn warm_up(&mut self) {
        let link = self.shared.link;
        let (count, Some(rate)) = (link.background_flows(), link.rate_bps()) else {
            return;
        };
        if count == 0 {
            return;
        }
        for index in 0..u64::from(count) {
            // A key that is not an offset of any file.
            let key = u64::MAX - index;
            let start = uniform(link.seed(), key, Draw::Phase, 0) * 1e9;
            let flow = Flow::background(key, start as Ns, &link);
            self.insert(flow);
        }
        let duration = ns(WARM_UP_PACKETS * MTU as f64 * 8.0 / rate).clamp(SECOND, WARM_UP);
        self.run(duration, &mut Vec::new());
        self.clock = duration;
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
        let link = self.shared.link;
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
        self.insert(Flow::new(key, now, accepted_at, &link))
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
    pub fn next(&self) -> Option<Ns> {
        let next = self.timers.first().filter(|_| self.open_flows > 0)?;
        Some(next.0.wrapping_sub(self.shift))
    }

    /// Processes everything that is due by `until` and appends the events that the client observes
    /// to `out`, in order of time.
    pub fn advance(&mut self, until: Ns, out: &mut Vec<Event>) {
        if self.open_flows == 0 {
            return;
        }
        let until = until.wrapping_add(self.shift);
        let first = out.len();
        self.run(until, out);
        self.clock = self.clock.max(until);
        for event in &mut out[first..] {
            event.at = event.at.wrapping_sub(self.shift);
        }
    }

    fn run(&mut self, until: Ns, out: &mut Vec<Event>) {
        while let Some((at, slot)) = self.timers.first().filter(|first| first.0 <= until) {
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
