//! One TCP connection: the sender with its data, the path's memory of what is under way, and the
//! receiver.
//!
//! A flow is woken at the earliest of its own events and does everything that is due by then:
//! segments arrive, acknowledgements return, timers expire, segments are sent. Between flows
//! there is nothing but the bottleneck they share.

use super::bottleneck::Bottleneck;
use super::congestion::Window;
use super::event::{Event, EventKind, FlowId};
use super::loss::Losses;
use super::random::{Draw, exponential, uniform};
use super::receiver::Receiver;
use super::recovery::State;
use super::rtt::RoundTrip;
use super::scoreboard::Scoreboard;
use super::timer_queue::NEVER;
use super::{Congestion, DEFAULT_WINDOW, HEADERS, Link, Ns};
use std::collections::VecDeque;

/// What all flows of a path share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) link: Link,
    pub(super) bottleneck: Bottleneck,
    pub(super) losses: Losses,
}

impl Shared {
    /// When a segment sent at `now` arrives at the client; [`NEVER`] when it is lost.
    fn carry(&mut self, now: Ns, key: u64, serial: u64, len: u16) -> Ns {
        let lost = self.losses.is_lost(&self.link, key, serial);
        if lost {
            return NEVER;
        }
        let left = self.bottleneck.admit(now, u64::from(len) + HEADERS);
        left.map_or(NEVER, |left| left + self.link.rtt() / 2)
    }
}

/// An acknowledgement on its way to the sender.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ack {
    pub(super) at: Ns,
    /// It covers every transmission before this one.
    pub(super) upto: u64,
    /// The first segment that is missing, the bytes before it, and how many came beyond it.
    pub(super) una: u64,
    pub(super) bytes: u64,
    pub(super) held: u32,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    Probe,
    Timeout,
}

#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) key: u64,
    /// Nobody reads what a background flow delivers.
    pub(super) background: bool,
    /// The receive window.
    pub(super) window_bytes: u64,
    /// The server has the connection from now on.
    pub(super) ready_at: Ns,
    /// Requests on their way: when the server has them, and how many bytes they ask for.
    pub(super) coming: VecDeque<(Ns, u64)>,
    /// Bytes that may be sent for the first time.
    pub(super) unsent: u64,
    pub(super) sent_bytes: u64,
    pub(super) next_segment: u64,
    pub(super) una: u64,
    pub(super) una_bytes: u64,
    /// Up to which byte the server's program has filled the send buffer.
    pub(super) filled_until: u64,
    pub(super) transmissions: u64,
    pub(super) last_sent: Ns,
    pub(super) board: Scoreboard,
    pub(super) window: Window,
    pub(super) state: State,
    pub(super) before_timeout: Option<(u32, u32)>,
    pub(super) rtt: RoundTrip,
    pub(super) timer: Option<(Timer, Ns)>,
    /// A tail loss probe is under way: the segment it repeats.
    pub(super) probing: Option<u64>,
    /// When suspected segments are believed lost.
    pub(super) reorder_at: Ns,
    /// Whether the window held the sender back, as Linux tracks it.
    pub(super) limited: bool,
    pub(super) most_out: u64,
    pub(super) usage_until: u64,
    pub(super) cap_next: f64,
    /// When the cap lets the next segment go.
    pub(super) cap_wait: Ns,
    pub(super) paused: bool,
    pub(super) stalled_until: Ns,
    pub(super) next_stall: Ns,
    pub(super) stalls: u64,
    pub(super) reset_after: u64,
    pub(super) receiver: Receiver,
    pub(super) acks: VecDeque<Ack>,
    pub(super) lost: u64,
    pub(super) timeouts: u64,
    pub(super) ended: bool,
}

/// What a screen may show of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowState {
    /// Congestion window in segments.
    pub cwnd: u32,
    /// Slow-start threshold in segments; [`u32::MAX`] before the first loss.
    pub ssthresh: u32,
    /// Whether losses are being repaired: the window is coming down.
    pub recovering: bool,
    /// Segments in flight, as far as the sender knows.
    pub in_flight: u32,
    /// Bytes the server may send and has not.
    pub unsent_bytes: u64,
    /// Bytes delivered in order.
    pub delivered_bytes: u64,
    /// Segments sent, repetitions included.
    pub transmissions: u64,
    /// Transmissions that were lost at random or found the buffer full.
    pub lost: u64,
    /// Time-outs so far.
    pub timeouts: u64,
    /// The smoothed round trip, its queue included.
    pub smoothed_rtt: Ns,
}

impl Flow {
    pub(super) fn new(key: u64, now: Ns, ready_at: Ns, link: &Link) -> Self {
        let mut flow = Self {
            key,
            background: false,
            window_bytes: link.window_bytes(),
            ready_at,
            coming: VecDeque::new(),
            unsent: 0,
            sent_bytes: 0,
            next_segment: 0,
            una: 0,
            una_bytes: 0,
            filled_until: 0,
            transmissions: 0,
            last_sent: ready_at,
            board: Scoreboard::default(),
            window: Window::new(link.congestion()),
            state: State::Open,
            before_timeout: None,
            rtt: RoundTrip::new(link.rtt()),
            timer: None,
            probing: None,
            reorder_at: NEVER,
            limited: false,
            most_out: 0,
            usage_until: 0,
            cap_next: 0.0,
            cap_wait: NEVER,
            paused: false,
            stalled_until: 0,
            next_stall: NEVER,
            stalls: 0,
            reset_after: u64::MAX,
            receiver: Receiver::new(),
            acks: VecDeque::new(),
            lost: 0,
            timeouts: 0,
            ended: false,
        };
        flow.draw_stall(now, link);
        if link.resets_per_byte() > 0.0 {
            let mean = 1.0 / link.resets_per_byte();
            let bytes = exponential(mean, link.seed(), key, Draw::Reset, 0);
            flow.reset_after = (bytes as u64).max(1);
        }
        flow
    }

    /// An endless flow of somebody else: plain CUBIC, whatever the profile says of ours.
    pub(super) fn background(key: u64, ready_at: Ns, link: &Link) -> Self {
        let mut flow = Self::new(key, 0, ready_at, link);
        flow.background = true;
        flow.window = Window::new(Congestion::Cubic);
        flow.window_bytes = DEFAULT_WINDOW;
        flow.reset_after = u64::MAX;
        flow.next_stall = NEVER;
        flow.coming.push_back((ready_at, u64::MAX / 4));
        flow
    }

    pub(super) fn draw_stall(&mut self, after: Ns, link: &Link) {
        if link.stalls_per_sec() > 0.0 {
            let mean = 1e9 / link.stalls_per_sec();
            let wait = exponential(mean, link.seed(), self.key, Draw::Stall, self.stalls);
            self.next_stall = after.saturating_add(wait as Ns);
            self.stalls += 1;
        }
    }

    /// Does everything that is due by `now`.
    pub(super) fn wake(&mut self, now: Ns, id: FlowId, shared: &mut Shared, out: &mut Vec<Event>) {
        while let Some((_, bytes)) = self.coming.pop_front_if(|coming| coming.0 <= now) {
            self.unsent += bytes;
        }
        if self.stalled_until <= now {
            self.stalled_until = 0;
        }
        self.arrivals(now, id, shared, out);
        if self.ended {
            return;
        }
        while let Some(ack) = self.acks.pop_front_if(|ack| ack.at <= now) {
            self.on_ack(now, ack);
        }
        self.timers(now, shared);
        self.send(now, shared);
    }

    /// When this flow has something to do next.
    pub(super) fn next_wake(&mut self) -> Ns {
        if self.ended {
            return NEVER;
        }
        let stalled = if self.unsent > 0 && self.stalled_until > 0 && !self.paused {
            self.stalled_until
        } else {
            NEVER
        };
        [
            self.coming.front().map_or(NEVER, |coming| coming.0),
            self.board.next_arrival(),
            self.acks.front().map_or(NEVER, |ack| ack.at),
            self.timer.map_or(NEVER, |timer| timer.1),
            self.reorder_at,
            self.cap_wait,
            stalled,
        ]
        .into_iter()
        .min()
        .unwrap_or(NEVER)
    }

    fn arrivals(&mut self, now: Ns, id: FlowId, shared: &Shared, out: &mut Vec<Event>) {
        let mut bytes = 0;
        while let Some(sent) = self.board.arrival(now) {
            let received = self.receiver.receive(sent.segment, sent.len);
            if received.duplicate {
                self.board.was_duplicate();
            }
            bytes += received.in_order;
            self.acknowledge(now, shared);
        }
        let beyond = self.receiver.bytes().saturating_sub(self.reset_after);
        let at = now;
        let mut tell = |kind| out.push(Event { at, flow: id, kind });
        if bytes > beyond && !self.background {
            tell(EventKind::Bytes(bytes - beyond));
        }
        if self.receiver.bytes() >= self.reset_after && !self.background {
            tell(EventKind::Reset);
            self.end();
        }
    }

    fn acknowledge(&mut self, now: Ns, shared: &Shared) {
        let rtt = shared.link.rtt();
        let chance = uniform(
            shared.link.seed(),
            self.key,
            Draw::Jitter,
            self.board.arrived(),
        );
        let late = (chance * shared.bottleneck.jitter(rtt)) as Ns;
        // What half the round trip loses to rounding on the way here comes back.
        let at = now + rtt - rtt / 2 + late;
        let at = at.max(self.acks.back().map_or(0, |ack| ack.at));
        self.acks.push_back(Ack {
            at,
            upto: self.board.arrived(),
            una: self.receiver.next(),
            bytes: self.receiver.bytes(),
            held: self.receiver.held(),
        });
    }

    /// Sends a segment on its way.
    pub(super) fn transmit(
        &mut self,
        now: Ns,
        (segment, len): (u64, u16),
        again: bool,
        shared: &mut Shared,
    ) {
        let arrives = shared.carry(now, self.key, self.transmissions, len);
        self.transmissions += 1;
        self.lost += u64::from(arrives == NEVER);
        self.board.push(segment, len, now, arrives, again);
        self.last_sent = now;
        if let State::Recovery { prr, .. } = &mut self.state {
            prr.out += 1;
        }
    }

    /// Nothing more happens on this flow, and its memory is given back.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.board = Scoreboard::default();
        self.receiver = Receiver::new();
        self.acks = VecDeque::new();
        self.coming = VecDeque::new();
        self.unsent = 0;
    }

    pub(super) fn state(&self) -> FlowState {
        FlowState {
            cwnd: self.window.cwnd(),
            ssthresh: self.window.ssthresh(),
            recovering: self.state != State::Open,
            in_flight: self.board.in_flight(),
            unsent_bytes: self.unsent,
            delivered_bytes: self.receiver.bytes(),
            transmissions: self.transmissions,
            lost: self.lost,
            timeouts: self.timeouts,
            smoothed_rtt: self.rtt.smoothed(),
        }
    }
}
