//! What one connection counts while it works: atomics that its worker adds to and that the
//! director reads, so that no message is needed for a byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::connection_events::{ConnectionEvent, ConnectionEvents};
use crate::model::connection_state::ConnectionState;
use crate::model::snapshot::ConnectionSnapshot;

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

/// The counters of one connection.
#[derive(Default)]
pub(crate) struct ConnectionCounters {
    state: AtomicU8,
    offset: AtomicU64,
    bytes: AtomicU64,
    /// Bytes of a packet that is not whole yet.
    partial: AtomicU64,
    /// Microseconds from the start to the first byte, plus one; 0 for none yet.
    first_byte: AtomicU64,
    /// Bytes of packets that it was the first to bring.
    completed: AtomicU64,
    /// Microseconds from its last request to the first byte of the answer.
    latency: AtomicU64,
    retries: AtomicU32,
    steals: AtomicU32,
    /// Bits of an f64: bytes a second.
    rate: AtomicU64,
    last_rate: AtomicU64,
    remote: Mutex<Option<SocketAddr>>,
    pub events: ConnectionEvents,
}

impl ConnectionCounters {
    pub fn set_state(&self, state: ConnectionState) {
        // Called for every read, and nearly always nothing changes.
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

    /// Bytes came, `since_start` after the attempt began.
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

    pub fn set_partial(&self, bytes: u64) {
        self.partial.store(bytes, Relaxed);
    }

    /// These bytes were entered in the books.
    pub fn add_completed(&self, bytes: u64) {
        self.completed.fetch_add(bytes, Relaxed);
    }

    /// How many bytes were entered in the books.
    pub fn completed(&self) -> u64 {
        self.completed.load(Relaxed)
    }

    pub fn set_latency(&self, latency: Duration) {
        self.latency.store(latency.as_micros() as u64, Relaxed);
    }

    pub fn latency(&self) -> Duration {
        Duration::from_micros(self.latency.load(Relaxed))
    }

    /// The connection was lost, and is made anew.
    pub fn retried(&self, reason: &str) {
        self.retries.fetch_add(1, Relaxed);
        self.events.record(ConnectionEvent::Lost(reason.to_owned()));
        self.set_state(ConnectionState::Retrying);
    }

    /// The connection has ended; with a reason when it was lost or refused.
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

    /// The connection took half of what connection `victim` had left.
    pub fn stole(&self, victim: usize) {
        self.steals.fetch_add(1, Relaxed);
        self.events.record(ConnectionEvent::Stole(victim));
    }

    /// A packet came whole.
    pub fn packet_completed(&self, packet: u64) {
        self.events.record(ConnectionEvent::Packet(packet));
    }

    /// The connection leads to this address.
    pub fn set_remote(&self, address: SocketAddr) {
        *self.remote.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }

    pub fn remote(&self) -> Option<SocketAddr> {
        *self.remote.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Bytes a second over the last second or so, as the director measured it.
    pub fn rate(&self) -> f64 {
        f64::from_bits(self.rate.load(Relaxed))
    }

    /// What it brings when nothing disturbs it, as far as can be told, in bytes a second: of a
    /// connection that opens up the mean of late says too little.
    pub fn expected_rate(&self) -> f64 {
        self.rate().max(f64::from_bits(self.last_rate.load(Relaxed)))
    }

    /// What it brought since the last measure, in bytes a second.
    pub fn set_last_rate(&self, bytes_per_sec: f64) {
        self.last_rate.store(bytes_per_sec.to_bits(), Relaxed);
    }

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
        }
    }
}
