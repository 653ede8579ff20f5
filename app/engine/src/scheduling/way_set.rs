//! Selects the way, that is the network interface, for each new connection of a download, and notices the
//! ways that go away and come back.
//!
//! A connection goes to the way that promises the highest rate (see [`super::rate_ranking`]): the goodput of
//! all its connections, divided by the connections that it would then have. Work stealing balances what the
//! ways have to fetch, so connections move only when a way has gone away or is back, or when another one
//! promises them far more.
//!
//! A way is lost once the system reports its interface down, its connections cannot be made, or nothing
//! arrives over it while other ways bring bytes. Its connections then close and go on over the others. Once
//! it can be used again, one connection tries it, and if that receives, as many follow as it had before.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use self::state::WayState;
use self::table::{Seat, WayTable};
use crate::model::way::{WayError, WayName, WaySnapshot};
use crate::sync;
use crate::telemetry::connection_counters::ConnectionCounters;

mod state;
mod table;
#[cfg(test)]
mod tests;

/// The ways of one attempt.
pub(crate) struct WaySet {
    /// The chosen ways; empty for the route of the system alone.
    names: Vec<WayName>,
    inner: Mutex<WayTable>,
    /// Connections that usable ways wait for: zero unless a way was lost.
    owed: AtomicU32,
}

/// A change that the user and the connections of a way must know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WayChange {
    /// The way is lost, for this reason; its connections must be closed.
    Lost(usize, WayError),
    /// The way brings bytes again, after this time.
    Back(usize, Duration),
}

impl WaySet {
    /// Creates a set of these ways for at most `connections` connections.
    pub fn new(names: &[WayName], connections: usize) -> Self {
        let ways = names.len().max(1);
        Self {
            names: names.to_vec(),
            inner: Mutex::new(WayTable {
                states: (0..ways).map(|_| WayState::default()).collect(),
                seats: vec![None; connections],
            }),
            owed: AtomicU32::new(0),
        }
    }

    /// Returns the chosen ways; none for the route of the system.
    pub fn names(&self) -> &[WayName] {
        &self.names
    }

    /// Returns whether there is more than one way.
    pub fn has_choice(&self) -> bool {
        self.names.len() > 1
    }

    /// Selects a way for connection `index` to mirror `server`; dropping the result gives it back.
    pub fn take<'a>(
        &'a self,
        index: usize,
        server: usize,
        counters: &'a ConnectionCounters,
    ) -> WaySeat<'a> {
        let now = Instant::now();
        let mut inner = self.lock();
        let way = inner.select(server, now);
        let seat = Seat {
            way,
            server,
            base: counters.bytes(),
        };
        inner.states[way].enter(now);
        if let Some(place) = inner.seats.get_mut(index) {
            *place = Some(seat);
        }
        self.count_owed(&inner, now);
        drop(inner);
        counters.set_way(way);
        WaySeat {
            set: self,
            counters,
            index,
            way,
            is_leaving: Cell::new(false),
        }
    }

    /// Takes the state that the system reports of way `way`. Returns a change.
    pub fn set_status(&self, way: usize, status: Result<(), WayError>) -> Option<WayChange> {
        let now = Instant::now();
        let mut inner = self.lock();
        let state = &mut inner.states[way];
        let change = match status {
            Ok(()) => {
                state.reported = None;
                None
            }
            Err(_) if state.reported.is_some() => None,
            Err(error) => {
                state.reported = Some(error.clone());
                state.lose(now, &error);
                Some(WayChange::Lost(way, error))
            }
        };
        self.count_owed(&inner, now);
        change
    }

    /// Measures the rates of the ways from the counters of all connections. Returns the changes.
    pub fn measure(&self, now: Instant, counters: &[ConnectionCounters]) -> Vec<WayChange> {
        let mut inner = self.lock();
        let live = inner.live_bytes(counters);
        let mut changes = Vec::new();
        for (way, (state, live)) in inner.states.iter_mut().zip(live).enumerate() {
            if let Some(lost) = state.measure(now, live) {
                changes.push(WayChange::Back(way, lost));
            }
        }
        if self.has_choice() {
            for way in inner.silent_ways(now, counters) {
                let error = WayError::Silent(self.names[way].to_string());
                inner.states[way].lose(now, &error);
                changes.push(WayChange::Lost(way, error));
            }
            inner.rebalance(now);
        }
        self.count_owed(&inner, now);
        changes
    }

    /// Returns the state of each chosen way.
    pub fn snapshot(&self, counters: &[ConnectionCounters]) -> Vec<WaySnapshot> {
        let inner = self.lock();
        let live = inner.live_bytes(counters);
        let now = Instant::now();
        let ways = self.names.iter().zip(&inner.states).zip(live);
        ways.map(|((name, state), live)| state.snapshot(name, live, now))
            .collect()
    }

    /// Returns whether another way than `way` can be used.
    pub fn has_other(&self, way: usize) -> bool {
        let now = Instant::now();
        let inner = self.lock();
        let mut states = inner.states.iter().enumerate();
        states.any(|(other, state)| other != way && state.is_usable(now))
    }

    fn count_owed(&self, inner: &WayTable, now: Instant) {
        if self.has_choice() {
            let owed = inner.states.iter().filter(|state| state.is_usable(now));
            self.owed
                .store(owed.map(|state| state.owed).sum(), Ordering::Release);
        }
    }

    fn lock(&self) -> MutexGuard<'_, WayTable> {
        sync::lock(&self.inner)
    }
}

/// The right of one connection to use a way. Dropping it gives it back.
pub(crate) struct WaySeat<'a> {
    set: &'a WaySet,
    counters: &'a ConnectionCounters,
    index: usize,
    way: usize,
    is_leaving: Cell<bool>,
}

impl WaySeat<'_> {
    /// Returns the name of the way; `None` for the route of the system.
    pub fn name(&self) -> Option<&WayName> {
        self.set.names.get(self.way)
    }

    /// Returns the number of the way, from 0.
    #[cfg(test)]
    fn way(&self) -> usize {
        self.way
    }

    /// Returns the group of the sockets of the way, for [`crate::sync::cancel::CancelToken::close_group`].
    pub fn group(&self) -> usize {
        group(self.way)
    }

    /// Returns whether another way can be used in place of this one.
    pub fn has_other(&self) -> bool {
        self.set.has_choice() && self.set.has_other(self.way)
    }

    /// Returns the reason why the way was lost, if it is.
    pub fn trouble(&self) -> Option<WayError> {
        self.set.lock().states[self.way].trouble.clone()
    }

    /// Returns whether the connection must end because a way that is back waits for it. Once true, it stays
    /// true.
    pub fn should_leave(&self) -> bool {
        // Called at every claim, and nothing is owed unless a way was lost.
        if self.is_leaving.get() || self.set.owed.load(Ordering::Acquire) == 0 {
            return self.is_leaving.get();
        }
        let now = Instant::now();
        let mut inner = self.set.lock();
        if inner.states[self.way].choice.connections < 2 {
            return false;
        }
        if inner.slowest() != Some(self.way) {
            return false;
        }
        let states = inner.states.iter_mut().enumerate();
        let waiting = states
            .filter(|(way, state)| *way != self.way && state.owed > 0 && state.is_usable(now))
            .map(|(_, state)| state)
            .next();
        if let Some(state) = waiting {
            state.owed -= 1;
            state.reserved += 1;
            state.is_probed |= state.trouble.is_some();
            self.is_leaving.set(true);
        }
        self.set.count_owed(&inner, now);
        self.is_leaving.get()
    }

    /// Records that the server was not reached over the way, for this reason.
    pub fn set_unreachable(&self, error: &WayError) {
        let now = Instant::now();
        let mut inner = self.set.lock();
        let own = inner.states[self.way].brought_now();
        let state = &mut inner.states[self.way];
        // While other connections receive over the way, the server refuses this one.
        if !own || state.is_probed {
            state.fail(now, error);
        }
    }
}

/// Returns the group of the sockets of way `way`.
pub(crate) fn group(way: usize) -> usize {
    way + 1
}

impl Drop for WaySeat<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut inner = self.set.lock();
        let seat = inner.seats.get_mut(self.index).and_then(Option::take);
        let bytes = seat.map_or(0, |seat| self.counters.bytes().saturating_sub(seat.base));
        inner.states[self.way].leave(bytes, now);
        self.set.count_owed(&inner, now);
    }
}
