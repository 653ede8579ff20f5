//! The ways of a download and the connections that use them: which way is next, which is silent, and which
//! has too many connections.

use std::time::{Duration, Instant};

use super::state::WayState;
use crate::model::connection_state::ConnectionState;
use crate::telemetry::connection_counters::ConnectionCounters;

/// Time without a byte over a way after which it is lost, while other ways bring bytes. A packet that is lost
/// twice on a path of 100 ms costs 1 s.
pub(super) const SILENCE: Duration = Duration::from_millis(1500);
/// A connection leaves its way if another one promises it more than this many times its rate: to move costs a
/// connect and slow start, and the other way may be full.
const FAR_MORE: f64 = 2.0;
/// Other ways bring bytes if one arrived within this time.
const RECENT: Duration = Duration::from_millis(300);

/// The ways and the connections that use them.
pub(super) struct WayTable {
    /// By way: one without a name if none is chosen.
    pub states: Vec<WayState>,
    /// By connection: the way that it uses.
    pub seats: Vec<Option<Seat>>,
}

/// The use of a way by one connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    pub way: usize,
    /// Index of the mirror.
    pub server: usize,
    /// Bytes that the connection had received before.
    pub base: u64,
}

impl WayTable {
    /// Returns the way for a new connection.
    pub fn select(&mut self, server: usize, now: Instant) -> usize {
        if let Some(way) = self.states.iter().position(|state| state.reserved > 0) {
            self.states[way].reserved -= 1;
            return way;
        }
        let on_pair = |way: usize| {
            let seats = self.seats.iter().flatten();
            seats
                .filter(|seat| seat.way == way && seat.server == server)
                .count()
        };
        let usable = (0..self.states.len()).filter(|way| self.states[*way].is_usable(now));
        // Stable, so that among equals the way that the user named first wins; first the one that this mirror
        // has been reached over least.
        let best = usable.max_by(|a, b| {
            let [first, second] = [*a, *b].map(|way| self.states[way].choice.promised_rate());
            first
                .total_cmp(&second)
                .then_with(|| on_pair(*b).cmp(&on_pair(*a)))
                .then_with(|| b.cmp(a))
        });
        let Some(way) = best else {
            // None can be used: the one that is tried again first.
            let all = self.states.iter().enumerate();
            let first = all.min_by_key(|(_, state)| (state.reported.is_some(), state.rest_until));
            let way = first.map_or(0, |(way, _)| way);
            self.states[way].is_probed |= self.states[way].trouble.is_some();
            return way;
        };
        let state = &mut self.states[way];
        state.owed = state.owed.saturating_sub(1);
        state.is_probed |= state.trouble.is_some();
        way
    }

    /// Lets connections leave the way with the least for each, if another one would bring far more for them:
    /// the other may be limited by loss, and grow with each connection.
    pub fn rebalance(&mut self, now: Instant) {
        let is_ready = |state: &WayState| {
            state.is_settled(now) && state.trouble.is_none() && state.owed + state.reserved == 0
        };
        if !self.states.iter().all(is_ready) {
            return;
        }
        let Some(slow) = self.slowest() else { return };
        let promised = |way: &usize| self.states[*way].choice.promised_rate();
        let others = (0..self.states.len()).filter(|way| *way != slow);
        let Some(fast) = others.max_by(|a, b| promised(a).total_cmp(&promised(b))) else {
            return;
        };
        let [slow, fast_choice] = [slow, fast].map(|way| &self.states[way].choice);
        let rates = slow.rate.unwrap_or(0.0)..fast_choice.rate.unwrap_or(0.0);
        let moves = (0..slow.connections.saturating_sub(1)).take_while(|moved| {
            let for_one = rates.start / f64::from(slow.connections - moved);
            rates.end / f64::from(fast_choice.connections + moved + 1) > FAR_MORE * for_one
        });
        let moves = moves.count();
        self.states[fast].owed = u32::try_from(moves).unwrap_or_default();
    }

    /// Returns the way whose connections bring the least each, among those with more than one.
    pub fn slowest(&self) -> Option<usize> {
        let several = |way: &usize| self.states[*way].choice.connections > 1;
        let for_one = |way: &usize| {
            let choice = &self.states[*way].choice;
            choice.rate.unwrap_or(0.0) / f64::from(choice.connections.max(1))
        };
        let ways = (0..self.states.len()).filter(several);
        ways.min_by(|a, b| for_one(a).total_cmp(&for_one(b)))
    }

    /// Returns for each way the bytes of the connections that use it now.
    pub fn live_bytes(&self, counters: &[ConnectionCounters]) -> Vec<u64> {
        let mut live = vec![0; self.states.len()];
        for (seat, counters) in self.seats.iter().zip(counters) {
            if let Some(seat) = seat {
                live[seat.way] += counters.bytes().saturating_sub(seat.base);
            }
        }
        live
    }

    /// Returns the ways over which nothing arrives while others bring bytes.
    pub fn silent_ways(&self, now: Instant, counters: &[ConnectionCounters]) -> Vec<usize> {
        let is_expecting = |way: usize| {
            let seats = self.seats.iter().zip(counters);
            let mut own = seats.filter(|(seat, _)| seat.is_some_and(|seat| seat.way == way));
            own.any(|(_, counters)| {
                counters.state() == ConnectionState::Receiving && !counters.is_held()
            })
        };
        let silence = |way: usize| now.saturating_duration_since(self.states[way].last_byte(now));
        let ways = 0..self.states.len();
        let others_bring = |way: usize| {
            ways.clone()
                .any(|other| other != way && silence(other) < RECENT)
        };
        let is_silent = |way: &usize| {
            self.states[*way].trouble.is_none()
                && silence(*way) > SILENCE
                && is_expecting(*way)
                && others_bring(*way)
        };
        ways.clone().filter(is_silent).collect()
    }
}
