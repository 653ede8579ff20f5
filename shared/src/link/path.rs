//! One session's path: a bottleneck and the flows that share it.
//!
//! The caller owns the clock. It says what happens on loopback (a connection was accepted, a
//! request came) and at what time, and asks what is readable at the client by when. Times must
//! not run backwards; an earlier time than the last counts as the last.
//!
//! Background flows have been there for a while when the first connection opens, and rest while
//! there is none: an idle session costs nothing.

use super::bottleneck::Bottleneck;
use super::event::{Event, FlowId};
use super::flow::{Flow, FlowState, Shared};
use super::loss::Losses;
use super::random::{Draw, uniform};
use super::timer_queue::TimerQueue;
use super::{Link, MTU, Ns, SECOND, ns};
use crate::shuffle::mix;
use std::collections::HashMap;

/// A path and everything under way on it.
#[derive(Debug, Clone)]
pub struct Path {
    shared: Shared,
    flows: Vec<(u32, Flow)>,
    free: Vec<u32>,
    timers: TimerQueue,
    /// The path's own clock, and what to add to the caller's to get it.
    clock: Ns,
    shift: u64,
    accepting_until: Ns,
    /// How often each key was opened.
    opened: HashMap<u64, u64>,
    /// How many flows are the caller's.
    open: usize,
}

/// For how long background flows run before anybody else comes, at most.
const WARM_UP: Ns = 20 * SECOND;
/// And how many packets they carry meanwhile, at most.
const WARM_UP_PACKETS: f64 = 50_000.0;

impl Path {
    /// An empty path over this link. Background flows have reached their balance.
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
            opened: HashMap::new(),
            open: 0,
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
            // A key that no offset in a file has.
            let key = u64::MAX - index;
            let late = uniform(link.seed(), key, Draw::Phase, 0) * 1e9;
            let flow = Flow::background(key, late as Ns, &link);
            self.insert(flow);
        }
        let long = ns(WARM_UP_PACKETS * MTU as f64 * 8.0 / rate).clamp(SECOND, WARM_UP);
        self.run(long, &mut Vec::new());
        self.clock = long;
    }

    /// A connection was accepted: the client's SYN left at `now`, so the server has its first
    /// request one and a half round trips later, and after it has done its work for those accepted
    /// before. `key` decides the flow's losses: the offset of the first byte that it fetches. A key
    /// that is opened again has other losses, or a connection that failed would fail for ever.
    pub fn open(&mut self, now: Ns, key: u64) -> FlowId {
        if self.open == 0 {
            // Background flows rested since the last connection closed.
            self.shift = self.clock.wrapping_sub(now);
        }
        let now = self.inside(now);
        let link = self.shared.link;
        let asked = now + link.rtt() + link.rtt() / 2;
        self.accepting_until = self.accepting_until.max(asked) + link.accept();
        let ready = if link.accept() == 0 {
            asked
        } else {
            self.accepting_until
        };
        self.open += 1;
        let times = self.opened.entry(key).or_default();
        let key = if *times == 0 {
            key
        } else {
            mix(key ^ (*times << 48))
        };
        *times += 1;
        self.insert(Flow::new(key, now, ready, &link))
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
        self.wake_later(slot as usize);
        FlowId {
            slot,
            generation: self.flows[slot as usize].0,
        }
    }

    /// The server has `bytes` more to send on this flow. `now` is when the request came over
    /// loopback; over the path it takes half a round trip longer.
    pub fn supply(&mut self, now: Ns, flow: FlowId, bytes: u64) {
        let now = self.inside(now);
        let half = self.shared.link.rtt() / 2;
        self.with(flow, |flow| {
            let after = flow.coming.back().map_or(0, |coming| coming.0);
            let at = (now + half).max(flow.ready_at).max(after);
            flow.coming.push_back((at, bytes));
        });
    }

    /// The connection is gone. What was under way on it is never delivered.
    pub fn close(&mut self, now: Ns, flow: FlowId) {
        self.inside(now);
        if self.with(flow, Flow::end) {
            self.drop_ended(flow.slot);
        }
    }

    /// The client does not read: nothing new is sent until [`Self::resume`]. What is in flight
    /// still arrives.
    pub fn pause(&mut self, now: Ns, flow: FlowId) {
        self.inside(now);
        self.with(flow, |flow| flow.paused = true);
    }

    /// The client reads again.
    pub fn resume(&mut self, now: Ns, flow: FlowId) {
        let now = self.inside(now);
        self.with(flow, |flow| {
            flow.paused = false;
            flow.coming.push_front((now, 0));
        });
    }

    /// When something happens next; `None` when nothing will before the caller does something.
    pub fn next(&self) -> Option<Ns> {
        let next = self.timers.first().filter(|_| self.open > 0)?;
        Some(next.0.wrapping_sub(self.shift))
    }

    /// Lets everything happen that is due by `until`, and adds what the client sees to `out`, in
    /// the order it happens.
    pub fn advance(&mut self, until: Ns, out: &mut Vec<Event>) {
        if self.open == 0 {
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
            // What became due while the caller did something else happens now.
            let at = at.max(self.clock);
            self.clock = at;
            let (generation, flow) = &mut self.flows[slot];
            let id = FlowId {
                slot: slot as u32,
                generation: *generation,
            };
            flow.wake(at, id, &mut self.shared, out);
            let (ended, next) = (flow.ended, flow.next_wake());
            self.timers.set(slot, next);
            if ended {
                self.drop_ended(slot as u32);
            }
        }
    }

    /// The state of a flow; `None` once it is closed.
    pub fn flow_state(&self, flow: FlowId) -> Option<FlowState> {
        let (generation, state) = self.flows.get(flow.slot as usize)?;
        (*generation == flow.generation && !state.ended).then(|| state.state())
    }

    /// How many bytes wait before the bottleneck, as of the last [`Self::advance`].
    pub fn queue_bytes(&self) -> u64 {
        self.shared.bottleneck.queued_bytes(self.clock) as u64
    }

    /// How many bytes the bottleneck has carried, headers, repetitions and background included.
    pub fn carried_bytes(&self) -> u64 {
        self.shared.bottleneck.carried
    }

    /// How many packets found the buffer full.
    pub fn dropped_packets(&self) -> u64 {
        self.shared.bottleneck.dropped
    }

    /// The caller's time as the path's own, never before what has already happened.
    fn inside(&self, now: Ns) -> Ns {
        now.wrapping_add(self.shift).max(self.clock)
    }

    /// Does something to a flow unless it is closed, and sees to its next wake.
    fn with(&mut self, id: FlowId, change: impl FnOnce(&mut Flow)) -> bool {
        let Some((generation, flow)) = self.flows.get_mut(id.slot as usize) else {
            return false;
        };
        if *generation != id.generation || flow.ended {
            return false;
        }
        change(flow);
        self.wake_later(id.slot as usize);
        true
    }

    fn wake_later(&mut self, slot: usize) {
        let at = self.flows[slot].1.next_wake();
        self.timers.set(slot, at);
    }

    fn drop_ended(&mut self, slot: u32) {
        self.free.push(slot);
        self.open -= 1;
    }
}
