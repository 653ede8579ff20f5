//! One accepted TCP connection and its counters.

use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use crate::telemetry::byte_counter::ByteCounter;
use crate::telemetry::stats::Protocol;

/// One accepted TCP connection.
pub(crate) struct Connection {
    /// Number of the connection, counted from 1.
    pub id: u64,
    /// Address of the client.
    pub addr: SocketAddr,
    pub socket: TcpStream,
    /// True within the connection limit. A connection above it only receives a rejection.
    pub is_admitted: bool,
    /// Set once the first byte of the client identifies the protocol.
    pub protocol: OnceLock<Protocol>,
    /// Name of the open file; empty if there is none.
    pub file: Mutex<String>,
    pub accepted_at: Instant,
    sent: ByteCounter,
    /// The same for all connections of the server.
    sent_by_server: Arc<ByteCounter>,
}

impl Connection {
    /// Creates the record of a connection that was accepted just now. File bytes also count in
    /// `sent_by_server`.
    pub fn new(
        id: u64,
        addr: SocketAddr,
        socket: TcpStream,
        is_admitted: bool,
        sent_by_server: Arc<ByteCounter>,
    ) -> Self {
        Self {
            id,
            addr,
            socket,
            is_admitted,
            protocol: OnceLock::new(),
            file: Mutex::default(),
            accepted_at: Instant::now(),
            sent: ByteCounter::default(),
            sent_by_server,
        }
    }

    /// Counts `bytes` of a file that were handed to the socket.
    pub fn count_sent(&self, bytes: u64) {
        if bytes > 0 {
            self.sent_by_server.add(bytes);
            self.sent.add(bytes);
        }
    }

    /// Returns the counter of file bytes that were handed to the socket.
    pub fn sent(&self) -> &ByteCounter {
        &self.sent
    }
}
