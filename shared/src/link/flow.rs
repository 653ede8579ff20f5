//! One TCP connection: the sender and its data, the packets in transit, and the receiver.
//!
//! A flow is woken at the earliest of its events and processes everything due by then: segments
//! arrive, acknowledgements return, timers expire, segments are sent. Flows interact only through
//! the bottleneck that they share.

use super::bottleneck::{Admission, Bottleneck};
use super::congestion::CongestionWindow;
use super::event::{Event, FlowId};
use super::loss::Losses;
use super::packet_log::{Fate, PacketLog};
use super::random::{Draw, exponential};
use super::receiver::Receiver;
use super::recovery::RecoveryState;
use super::reordering::Reordering;
use super::rtt::RttEstimator;
use super::scoreboard::{QUEUED, Scoreboard};
use super::timer_queue::NEVER;
use super::up_link::UpLink;
use super::{DEFAULT_WINDOW, HEADERS, Link, Ns};
use std::collections::VecDeque;
use std::sync::Arc;

/// State shared by all flows of a path.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) link: Arc<Link>,
    pub(super) bottleneck: Bottleneck,
    pub(super) losses: Losses,
    pub(super) up: Option<UpLink>,
    pub(super) log: Option<Box<PacketLog>>,
    /// Flow that is being processed.
    pub(super) sender: FlowId,
    /// Packets sent, including those that were dropped or lost.
    pub(super) sent: u64,
}

impl Shared {
    /// Returns the time at which a segment sent at `now` arrives at the client; [`NEVER`] when it
    /// is lost, [`QUEUED`] when the queue decides later.
    fn arrival_time(&mut self, now: Ns, key: u64, serial: u64, len: u16) -> Ns {
        self.sent += 1;
        let lost = self.losses.is_lost(now, &self.link, key, serial);
        if lost {
            self.log_fate(serial, Fate::Lost);
            return NEVER;
        }
        let wire = u64::from(len) + HEADERS;
        match self.bottleneck.admit(now, wire, self.sender, serial) {
            Admission::Departs(at) => at + self.link.rtt() / 2,
            Admission::Queued => QUEUED,
            Admission::Dropped => {
                self.log_fate(serial, Fate::Dropped);
                NEVER
            }
        }
    }
}

/// An acknowledgement in transit to the sender.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ack {
    pub(super) at: Ns,
    /// It covers every transmission before this one.
    pub(super) covers: u64,
    /// First missing segment, the bytes before it, and the number of segments received after it.
    pub(super) una: u64,
    pub(super) bytes: u64,
    pub(super) out_of_order: u32,
    /// Number of transmissions that were held back and have arrived.
    pub(super) late: u64,
    /// Segment that it acknowledges and that had arrived before (RFC 2883).
    pub(super) duplicate: Option<u64>,
}

/// Purpose of the sender's timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimerKind {
    Probe,
    Timeout,
}

#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) key: u64,
    /// Data of a background flow has no reader.
    pub(super) background: bool,
    /// Receive window.
    pub(super) window_bytes: u64,
    /// Time at which the server has accepted the connection.
    pub(super) accepted_at: Ns,
    /// Requests in transit: arrival time at the server, and the number of bytes requested.
    pub(super) pending_requests: VecDeque<(Ns, u64)>,
    /// Bytes that may be sent for the first time.
    pub(super) unsent: u64,
    pub(super) sent_bytes: u64,
    pub(super) next_segment: u64,
    pub(super) una: u64,
    pub(super) una_bytes: u64,
    /// Offset up to which the server has filled the send buffer.
    pub(super) buffered_until: u64,
    pub(super) transmissions: u64,
    pub(super) last_sent: Ns,
    pub(super) scoreboard: Scoreboard,
    pub(super) window: CongestionWindow,
    pub(super) state: RecoveryState,
    pub(super) prior_cwnd: Option<(u32, u32)>,
    pub(super) rtt: RttEstimator,
    pub(super) timer: Option<(TimerKind, Ns)>,
    /// Segment that the outstanding tail loss probe retransmits.
    pub(super) probe_segment: Option<u64>,
    /// Time at which suspected segments are declared lost.
    pub(super) reorder_at: Ns,
    pub(super) reordering: Reordering,
    /// The congestion window limited the sender, as Linux tracks it.
    pub(super) cwnd_limited: bool,
    pub(super) max_outstanding: u64,
    pub(super) usage_window_end: u64,
    pub(super) cap_next: f64,
    /// Time at which the cap or the pacing allows the next segment.
    pub(super) release_at: Ns,
    pub(super) paused: bool,
    pub(super) stalled_until: Ns,
    pub(super) next_stall: Ns,
    pub(super) stalls: u64,
    pub(super) reset_after: u64,
    pub(super) receiver: Receiver,
    pub(super) acks: VecDeque<Ack>,
    pub(super) lost: u64,
    pub(super) timeouts: u64,
    pub(super) closed: bool,
    /// Arrival of the last segment; only tracked with random delays.
    pub(super) last_arrival: Ns,
}

/// State of a flow, for display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowState {
    /// Congestion window in segments.
    pub cwnd: u32,
    /// Slow-start threshold in segments; [`u32::MAX`] before the first loss.
    pub ssthresh: u32,
    /// Losses are being repaired, while the window is reduced.
    pub recovering: bool,
    /// Segments in flight, as estimated by the sender.
    pub in_flight: u32,
    /// Bytes that the server may send and has not sent.
    pub unsent_bytes: u64,
    /// Bytes delivered in order.
    pub delivered_bytes: u64,
    /// Segments sent, including retransmissions.
    pub transmissions: u64,
    /// Transmissions lost at random or dropped at the full buffer.
    pub lost: u64,
    /// Timeouts so far.
    pub timeouts: u64,
    /// The smoothed round trip, its queue included.
    pub smoothed_rtt: Ns,
}

impl Flow {
    pub(super) fn new(key: u64, now: Ns, accepted_at: Ns, link: &Link) -> Self {
        let mut flow = Self {
            key,
            background: false,
            window_bytes: link.window_bytes(),
            accepted_at,
            pending_requests: VecDeque::new(),
            unsent: 0,
            sent_bytes: 0,
            next_segment: 0,
            una: 0,
            una_bytes: 0,
            buffered_until: 0,
            transmissions: 0,
            last_sent: accepted_at,
            last_arrival: 0,
            scoreboard: Scoreboard::default(),
            window: CongestionWindow::new(link.congestion(), link, key),
            state: RecoveryState::Open,
            prior_cwnd: None,
            rtt: RttEstimator::new(link.rtt()),
            timer: None,
            probe_segment: None,
            reorder_at: NEVER,
            reordering: Reordering::default(),
            cwnd_limited: false,
            max_outstanding: 0,
            usage_window_end: 0,
            cap_next: 0.0,
            release_at: NEVER,
            paused: false,
            stalled_until: 0,
            next_stall: NEVER,
            stalls: 0,
            reset_after: u64::MAX,
            receiver: Receiver::new(),
            acks: VecDeque::new(),
            lost: 0,
            timeouts: 0,
            closed: false,
        };
        flow.draw_stall(now, link);
        if link.resets_per_byte() > 0.0 {
            let mean = 1.0 / link.resets_per_byte();
            let bytes = exponential(mean, link.seed(), key, Draw::Reset, 0);
            flow.reset_after = (bytes as u64).max(1);
        }
        flow
    }

    /// Creates an endless flow of another user, with a congestion control of its own.
    pub(super) fn background(key: u64, accepted_at: Ns, link: &Link) -> Self {
        let mut flow = Self::new(key, 0, accepted_at, link);
        flow.background = true;
        flow.window = CongestionWindow::new(link.background_congestion(), link, key);
        flow.window_bytes = DEFAULT_WINDOW;
        flow.reset_after = u64::MAX;
        flow.next_stall = NEVER;
        flow.pending_requests.push_back((accepted_at, u64::MAX / 4));
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

    /// Processes everything that is due by `now`.
    pub(super) fn process(
        &mut self,
        now: Ns,
        id: FlowId,
        shared: &mut Shared,
        out: &mut Vec<Event>,
    ) {
        shared.sender = id;
        while let Some((_, bytes)) = self
            .pending_requests
            .pop_front_if(|request| request.0 <= now)
        {
            self.unsent += bytes;
        }
        if self.stalled_until <= now {
            self.stalled_until = 0;
        }
        self.receive(now, id, shared, out);
        if self.closed {
            return;
        }
        while let Some(ack) = self.acks.pop_front_if(|ack| ack.at <= now) {
            self.on_ack(now, ack);
            self.log_sender(shared);
        }
        self.on_timers(now, shared);
        self.send(now, shared);
    }

    /// Returns the time of the flow's next event.
    pub(super) fn next_event(&mut self) -> Ns {
        if self.closed {
            return NEVER;
        }
        let stall_end = if self.unsent > 0 && self.stalled_until > 0 && !self.paused {
            self.stalled_until
        } else {
            NEVER
        };
        [
            self.pending_requests
                .front()
                .map_or(NEVER, |request| request.0),
            self.scoreboard.next_arrival(),
            self.acks.front().map_or(NEVER, |ack| ack.at),
            self.timer.map_or(NEVER, |timer| timer.1),
            self.reorder_at,
            self.release_at,
            stall_end,
        ]
        .into_iter()
        .min()
        .unwrap_or(NEVER)
    }

    /// Transmits a segment.
    pub(super) fn transmit(
        &mut self,
        now: Ns,
        (segment, len): (u64, u16),
        retransmission: bool,
        shared: &mut Shared,
    ) {
        if let Some(log) = &mut shared.log {
            let queue = shared.bottleneck.queued_bytes(now) as u32;
            let serial = (shared.sender, self.transmissions);
            log.on_sent(now, serial, (segment, len), queue);
        }
        let arrives = shared.arrival_time(now, self.key, self.transmissions, len);
        let arrives = if shared.link.jitter() == 0 {
            arrives
        } else {
            self.delay_at_random(arrives, self.transmissions, &shared.link)
        };
        if self.window.is_bbr() {
            let is_first = segment == self.una && !retransmission;
            self.record_for_bbr(now, len, is_first);
        }
        self.lost += u64::from(arrives == NEVER);
        self.scoreboard
            .push(segment, len, now, arrives, retransmission);
        let arrives = self.hold_back(arrives, self.transmissions, &shared.link);
        if let Some(log) = &mut shared.log
            && arrives < QUEUED
        {
            log.set_arrival(shared.sender, self.transmissions, arrives);
        }
        self.transmissions += 1;
        if retransmission {
            self.reordering.on_retransmission(now);
        }
        self.last_sent = now;
        if let RecoveryState::Recovery { prr, .. } = &mut self.state {
            prr.sent += 1;
        }
    }

    #[cold]
    fn record_for_bbr(&mut self, now: Ns, len: u16, is_first: bool) {
        if let Some(bbr) = self.window.bbr() {
            bbr.on_sent(now, len, is_first);
        }
    }

    /// Ends the flow and frees its memory.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.scoreboard = Scoreboard::default();
        self.receiver = Receiver::new();
        self.acks = VecDeque::new();
        self.pending_requests = VecDeque::new();
        self.unsent = 0;
    }

    pub(super) fn state(&self) -> FlowState {
        FlowState {
            cwnd: self.window.cwnd(),
            ssthresh: self.window.ssthresh(),
            recovering: self.state != RecoveryState::Open,
            in_flight: self.scoreboard.in_flight(),
            unsent_bytes: self.unsent,
            delivered_bytes: self.receiver.bytes(),
            transmissions: self.transmissions,
            lost: self.lost,
            timeouts: self.timeouts,
            smoothed_rtt: self.rtt.smoothed(),
        }
    }
}
