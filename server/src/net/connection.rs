//! One open connection.

use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use crate::telemetry::byte_counter::ByteCounter;
use crate::telemetry::stats::Protocol;

/// One open connection.
pub(crate) struct Connection {
    pub id: u64,
    pub addr: SocketAddr,
    pub socket: TcpStream,
    /// Whether it is served, or only told that there are too many.
    pub served: bool,
    /// What the client speaks, once it has said something.
    pub protocol: OnceLock<Protocol>,
    pub file: Mutex<String>,
    pub sent: ByteCounter,
    /// When it was accepted.
    pub accepted_at: Instant,
}

impl Connection {
    pub fn new(id: u64, addr: SocketAddr, socket: TcpStream, served: bool) -> Self {
        Self {
            id,
            addr,
            socket,
            served,
            protocol: OnceLock::new(),
            file: Mutex::default(),
            sent: ByteCounter::default(),
            accepted_at: Instant::now(),
        }
    }
}
