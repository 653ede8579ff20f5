//! Atomic counters of one connection: its worker adds, the coordinator reads.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::bottleneck::arrivals::Arrivals;
use super::connection_events::{ConnectionEvent, ConnectionEvents};
use crate::model::connection_state::ConnectionState;
use crate::model::snapshot::ConnectionSnapshot;
use crate::sync::lock;

/// States that a worker sets, in the order of their codes. [`ConnectionState::Stalled`] and
/// [`ConnectionState::Limited`] are not among them: the coordinator derives them.
const STATES: [ConnectionState; 8] = [
    ConnectionState::New,
    ConnectionState::Queued,
    ConnectionState::Connecting,
    ConnectionState::Waiting,
    ConnectionState::Receiving,
    ConnectionState::Retrying,
    ConnectionState::Done,
    ConnectionState::Lost,
];

/// A connect that takes less than this fraction (one n-th) of the first response is not the round trip:
/// the link is emulated, or a proxy answers nearby.
const SHORT_CONNECT: u32 = 6;

/// Counters and recent events of one connection.
#[derive(Default)]
pub(crate) struct ConnectionCounters {
    state: AtomicU8,
    offset: AtomicU64,
    bytes: AtomicU64,
    /// Received bytes of an incomplete packet.
    partial: AtomicU64,
    /// Microseconds from the start to the first byte, plus one; 0 for none yet.
    first_byte: AtomicU64,
    /// Bytes of packets that this connection was the first to complete.
    completed: AtomicU64,
    /// Bytes of incomplete packets that were kept when a response ended.
    kept: AtomicU64,
    /// Microseconds from the last request to the first byte of its response.
    latency: AtomicU64,
    retries: AtomicU32,
    /// Failures in a row without progress.
    failures: AtomicU32,
    /// The worker waits for a rate limit.
    is_held: AtomicBool,
    /// Microseconds of the round trip of the path without a queue; 0 if it is not known.
    round_trip: AtomicU64,
    /// Nanoseconds for which the worker waited for its own and the shared rate limit.
    held_nanos: [AtomicU64; 2],
    /// Nanoseconds of writes to the file.
    writing_nanos: AtomicU64,
    steals: AtomicU32,
    /// Bits of an `f64`: mean rate in bytes per second.
    rate: AtomicU64,
    /// Bits of an `f64`: rate in the last sample, in bytes per second.
    last_rate: AtomicU64,
    remote: Mutex<Option<SocketAddr>>,
    /// Number of the way that it uses, from 0.
    way: AtomicU8,
    pub events: ConnectionEvents,
    pub arrivals: Arrivals,
}

impl ConnectionCounters {
    pub fn set_state(&self, state: ConnectionState) {
        // Called for every read, and nearly always the state stays the same.
        if self.state() == state {
            return;
        }
        let index = STATES.iter().position(|s| *s == state).unwrap_or_default();
        self.state.store(index as u8, Relaxed);
        self.events.record(ConnectionEvent::State(state));
    }

    pub fn state(&self) -> ConnectionState {
        STATES[usize::from(self.state.load(Relaxed)) % STATES.len()]
    }

    /// Counts received bytes. `since_start` is the time since the start of the attempt.
    pub fn received(&self, bytes: u64, since_start: impl FnOnce() -> Duration) {
        if self.bytes.fetch_add(bytes, Relaxed) == 0 {
            self.first_byte
                .store(since_start().as_micros() as u64 + 1, Relaxed);
        }
        self.set_state(ConnectionState::Receiving);
    }

    pub fn set_offset(&self, offset: u64) {
        self.offset.store(offset, Relaxed);
    }

    /// Returns the offset behind the last received byte.
    pub fn offset(&self) -> u64 {
        self.offset.load(Relaxed)
    }

    pub fn set_partial(&self, bytes: u64) {
        self.partial.store(bytes, Relaxed);
    }

    /// Counts bytes of packets that this connection was the first to complete.
    pub fn add_completed(&self, bytes: u64) {
        self.completed.fetch_add(bytes, Relaxed);
    }

    /// Returns the bytes of packets that this connection was the first to complete.
    pub fn completed(&self) -> u64 {
        self.completed.load(Relaxed)
    }

    /// Counts bytes of an incomplete packet that are kept.
    pub fn add_kept(&self, bytes: u64) {
        self.kept.fetch_add(bytes, Relaxed);
    }

    /// Returns a number that grows whenever this connection brings bytes that are kept.
    pub fn progress(&self) -> u64 {
        self.completed() + self.kept.load(Relaxed)
    }

    /// Records whether the worker waits for a rate limit.
    pub fn set_held(&self, is_held: bool) {
        // Called for every read, and nearly always nothing changes.
        if self.is_held.load(Relaxed) != is_held {
            self.is_held.store(is_held, Relaxed);
        }
    }

    /// Returns whether the worker waits for a rate limit.
    pub fn is_held(&self) -> bool {
        self.is_held.load(Relaxed)
    }

    /// Records the round trip of the path, from the times of a connect and of the first response on the
    /// new connection, which takes two round trips. An emulated link does not delay the connect.
    pub fn set_round_trip(&self, connect: Duration, response: Duration) {
        let round_trip = match connect * SHORT_CONNECT < response {
            true => response / 2,
            false => connect,
        };
        let micros = round_trip.as_micros() as u64;
        let _ = self
            .round_trip
            .compare_exchange(0, micros, Relaxed, Relaxed);
    }

    /// Returns the round trip of the path without a queue; zero if it is not known.
    pub fn round_trip(&self) -> Duration {
        Duration::from_micros(self.round_trip.load(Relaxed))
    }

    /// Adds time for which the worker waited for a rate limit: 0 for its own, 1 for the shared one.
    pub fn add_held(&self, limit: usize, time: Duration) {
        self.held_nanos[limit].fetch_add(time.as_nanos() as u64, Relaxed);
    }

    /// Returns the time for which the worker waited for a rate limit, as for [`Self::add_held`].
    pub fn held(&self, limit: usize) -> Duration {
        Duration::from_nanos(self.held_nanos[limit].load(Relaxed))
    }

    /// Adds the time of a write to the file.
    pub fn add_writing(&self, time: Duration) {
        self.writing_nanos
            .fetch_add(time.as_nanos() as u64, Relaxed);
    }

    /// Returns the time of writes to the file.
    pub fn writing(&self) -> Duration {
        Duration::from_nanos(self.writing_nanos.load(Relaxed))
    }

    pub fn set_latency(&self, latency: Duration) {
        self.latency.store(latency.as_micros() as u64, Relaxed);
    }

    pub fn latency(&self) -> Duration {
        Duration::from_micros(self.latency.load(Relaxed))
    }

    /// Counts a retry after the connection was lost for `reason`.
    pub fn retried(&self, reason: &str) {
        self.retries.fetch_add(1, Relaxed);
        self.events.record(ConnectionEvent::Lost(reason.to_owned()));
        self.set_state(ConnectionState::Retrying);
    }

    /// Sets the number of failures in a row without progress.
    pub fn set_failures(&self, failures: u32) {
        self.failures.store(failures, Relaxed);
    }

    /// Returns the number of failures in a row without progress.
    pub fn failures(&self) -> u32 {
        self.failures.load(Relaxed)
    }

    /// Records the end of the connection, with a reason if it was lost or refused.
    pub fn ended(&self, lost: Option<&str>) {
        if let Some(reason) = lost {
            self.events.record(ConnectionEvent::Lost(reason.to_owned()));
        }
        self.set_state(if lost.is_some() {
            ConnectionState::Lost
        } else {
            ConnectionState::Done
        });
    }

    /// Counts a steal from connection `victim`.
    pub fn stole(&self, victim: usize) {
        self.steals.fetch_add(1, Relaxed);
        self.events.record(ConnectionEvent::Stole(victim));
    }

    /// Records that `packet` was completed.
    pub fn packet_completed(&self, packet: u64) {
        self.events.record(ConnectionEvent::Packet(packet));
    }

    /// Sets the address of the server.
    pub fn set_remote(&self, address: SocketAddr) {
        *lock(&self.remote) = Some(address);
    }

    /// Sets the number of the way that the connection uses.
    pub fn set_way(&self, way: usize) {
        self.way
            .store(u8::try_from(way).unwrap_or(u8::MAX), Relaxed);
    }

    pub fn remote(&self) -> Option<SocketAddr> {
        *lock(&self.remote)
    }

    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    pub fn partial(&self) -> u64 {
        self.partial.load(Relaxed)
    }

    pub fn retries(&self) -> u32 {
        self.retries.load(Relaxed)
    }

    /// Returns the mean rate over the last second or so, in bytes per second, as set by the
    /// coordinator.
    pub fn rate(&self) -> f64 {
        f64::from_bits(self.rate.load(Relaxed))
    }

    /// Returns the rate to expect of an undisturbed connection, in bytes per second: the greater of
    /// the mean and the last sample, since the mean of a connection in slow start is too low.
    pub fn expected_rate(&self) -> f64 {
        self.rate()
            .max(f64::from_bits(self.last_rate.load(Relaxed)))
    }

    /// Sets the rate in the last sample, in bytes per second.
    pub fn set_last_rate(&self, bytes_per_sec: f64) {
        self.last_rate.store(bytes_per_sec.to_bits(), Relaxed);
    }

    /// Sets the mean rate, in bytes per second.
    pub fn set_rate(&self, bytes_per_sec: f64) {
        self.rate.store(bytes_per_sec.to_bits(), Relaxed);
    }

    pub fn snapshot(&self, number: u16) -> ConnectionSnapshot {
        let first_byte = self.first_byte.load(Relaxed).checked_sub(1);
        ConnectionSnapshot {
            number,
            state: self.state(),
            offset: self.offset.load(Relaxed),
            bytes: self.bytes(),
            rate: self.rate(),
            first_byte: first_byte.map(Duration::from_micros),
            retries: self.retries(),
            steals: self.steals.load(Relaxed),
            remote: self.remote(),
            way: self.way.load(Relaxed),
        }
    }
}
