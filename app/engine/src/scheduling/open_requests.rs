//! The requests to one server: which of them wait for a response, and which connections were served lately.
//!
//! Some servers and firewalls accept every connection, and answer only so many. A request that waits much
//! longer than those before it, while the server serves others, may never be answered. So its bytes are left
//! to the connections that are served, which keep the responses that they have; and if such requests end
//! without a byte again, fewer connections are made.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::sync;

/// Shortest wait for a response after which a request counts as silent while others are served.
const SILENT_AFTER: Duration = Duration::from_millis(300);
/// A response may take this many times the longest latency so far.
const LATENCY_FACTOR: u32 = 4;
/// Time between requests of one burst.
const BURST: Duration = Duration::from_secs(1);

/// The requests of all connections of one download to one server.
#[derive(Debug, Default)]
pub(crate) struct OpenRequests(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    connections: BTreeMap<usize, Connection>,
    /// Longest time from a request to its response.
    latency: Duration,
}

/// The latest request of one connection.
#[derive(Debug)]
struct Connection {
    asked: Instant,
    /// Time of the latest request that was answered.
    answered: Option<Instant>,
    is_waiting: bool,
    /// Responses that are being received.
    receiving: usize,
    /// Time at which a response was last received.
    served: Option<Instant>,
}

impl OpenRequests {
    /// Records that connection `index` sends a request at `now`.
    pub fn ask(&self, index: usize, now: Instant) {
        let mut state = sync::lock(&self.0);
        let connection = state.connections.entry(index).or_insert(Connection {
            asked: now,
            answered: None,
            is_waiting: true,
            receiving: 0,
            served: None,
        });
        (connection.asked, connection.is_waiting) = (now, true);
    }

    /// Records the end of the wait of connection `index` at `now`, and whether there is a response.
    pub fn answer(&self, index: usize, now: Instant, is_served: bool) {
        let mut state = sync::lock(&self.0);
        let Some(connection) = state.connections.get_mut(&index) else {
            return;
        };
        connection.is_waiting = false;
        if is_served {
            (connection.answered, connection.served) = (Some(connection.asked), Some(now));
            let latency = now - connection.asked;
            state.latency = state.latency.max(latency);
        }
    }

    /// Counts a response that connection `index` receives, until the guard is dropped.
    pub fn receive(&self, index: usize) -> impl Drop {
        self.count(index, |receiving| receiving + 1);
        Receiving(self, index)
    }

    fn count(&self, index: usize, change: impl Fn(usize) -> usize) {
        let mut state = sync::lock(&self.0);
        if let Some(connection) = state.connections.get_mut(&index) {
            connection.receiving = change(connection.receiving);
            connection.served = Some(Instant::now());
        }
    }

    /// Returns whether the latest request of connection `index` waits for longer than those that were
    /// answered.
    pub fn is_silent(&self, index: usize, now: Instant) -> bool {
        sync::lock(&self.0).is_silent(index, now)
    }

    /// Returns whether any request waits for longer than those that were answered.
    pub fn any_silent(&self, now: Instant) -> bool {
        let state = sync::lock(&self.0);
        let mut connections = state.connections.keys();
        connections.any(|index| state.is_silent(*index, now))
    }

    /// Returns the number of other connections that were served since the latest request of connection
    /// `index`.
    pub fn served_beside(&self, index: usize) -> usize {
        let state = sync::lock(&self.0);
        let Some(own) = state.connections.get(&index) else {
            return 0;
        };
        let is_served = |other: &Connection| {
            other.receiving > 0 || other.served.is_some_and(|served| served >= own.asked)
        };
        let others = state
            .connections
            .iter()
            .filter(|(other, _)| **other != index);
        others.filter(|(_, other)| is_served(other)).count()
    }

    /// Returns whether a request of another connection that is no older than the latest of connection `index`
    /// was answered: the server is not slow to answer them all.
    pub fn is_passed_over(&self, index: usize) -> bool {
        let state = sync::lock(&self.0);
        let Some(own) = state.connections.get(&index) else {
            return false;
        };
        let mut others = state
            .connections
            .iter()
            .filter(|(other, _)| **other != index);
        others.any(|(_, other)| {
            let answered = other.answered;
            answered.is_some_and(|asked| asked + BURST >= own.asked)
        })
    }
}

impl State {
    fn is_silent(&self, index: usize, now: Instant) -> bool {
        let patience = SILENT_AFTER.max(self.latency * LATENCY_FACTOR);
        let connection = self.connections.get(&index);
        connection.is_some_and(|own| own.is_waiting && now.duration_since(own.asked) > patience)
    }
}

/// Counts one response of a connection until it is dropped.
struct Receiving<'a>(&'a OpenRequests, usize);

impl Drop for Receiving<'_> {
    fn drop(&mut self) {
        let Self(requests, index) = *self;
        requests.count(index, |receiving| receiving.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_request_that_waits_longer_than_the_others_is_silent() {
        let (requests, start) = (OpenRequests::default(), Instant::now());
        requests.ask(0, start);
        requests.answer(0, start + SECOND, true);
        requests.ask(1, start + SECOND);
        assert!(!requests.any_silent(start + 4 * SECOND));
        let late = start + 6 * SECOND;
        assert!(requests.any_silent(late) && requests.is_silent(1, late));
        assert!(!requests.is_silent(0, late));
        requests.answer(1, late, false);
        assert!(!requests.any_silent(late));
    }

    #[test]
    fn connections_that_are_served_beside_a_silent_one_count() {
        let (requests, start) = (OpenRequests::default(), Instant::now());
        for index in 0..4 {
            requests.ask(index, start);
        }
        assert_eq!(requests.served_beside(3), 0);
        requests.answer(0, start, true);
        requests.answer(1, start, true);
        let guard = requests.receive(0);
        assert_eq!(
            (requests.served_beside(3), requests.served_beside(0)),
            (2, 1)
        );
        drop(guard);
        assert!(requests.is_passed_over(3));
        requests.ask(0, start + SECOND);
        assert!(requests.is_passed_over(3), "it was answered before");
        // Nothing was answered since.
        requests.ask(3, start + 10 * SECOND);
        assert!(!requests.is_passed_over(3));
        assert_eq!(requests.served_beside(3), 0);
    }
}
