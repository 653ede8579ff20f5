//! Receive timeout and low-water mark of one socket (`SO_RCVTIMEO`, `SO_RCVLOWAT`). Makes a system call only
//! for a value that changes.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use super::wait_policy::{FIRST_BYTE, WaitPolicy};
use crate::protocol::net::idle_timeout::IdleTimeout;
use crate::protocol::net::rcvlowat;

/// Longest time in one blocking read, without and with an interrupt.
const SLICE: Duration = Duration::from_secs(1);
const SHORT_SLICE: Duration = Duration::from_millis(100);

/// Parameters of the next blocking read.
#[derive(Debug)]
pub(super) struct RecvOptions {
    policy: WaitPolicy,
    pub idle: IdleTimeout,
    /// True from a request to the first byte of its response.
    pub awaits_response: bool,
    /// True once a response has begun over the connection.
    has_responded: bool,
    /// The timeout that is set.
    timeout: Option<Duration>,
    /// The low-water mark that is set, in bytes.
    low_water: usize,
}

impl RecvOptions {
    /// Creates the parameters of a new socket, which waits by `policy`.
    pub fn new(policy: &WaitPolicy) -> Self {
        Self {
            policy: policy.clone(),
            idle: IdleTimeout::with_initial(FIRST_BYTE),
            awaits_response: true,
            has_responded: false,
            timeout: None,
            low_water: 1,
        }
    }

    /// Records that a response has begun.
    pub fn responded(&mut self) {
        (self.awaits_response, self.has_responded) = (false, true);
    }

    /// Waits by another policy, which knows nothing about the socket.
    pub fn begin(&mut self, policy: &WaitPolicy) {
        self.policy = policy.clone();
        self.idle = IdleTimeout::with_initial(FIRST_BYTE);
    }

    /// Returns the longest time in one blocking read. Then the limit is looked at once more: it depends on
    /// the other connections.
    pub fn slice(&self) -> Duration {
        match self.policy.interrupt().is_set() {
            true => SHORT_SLICE,
            false => SLICE,
        }
    }

    /// Returns whether the wait ends before its limit.
    pub fn is_interrupted(&self) -> bool {
        self.policy.interrupt().holds()
    }

    /// Returns the longest wait for the next byte.
    pub fn limit(&self) -> Duration {
        match self.awaits_response {
            true => self.policy.first_byte(!self.has_responded),
            false => self.policy.within_response(self.idle.timeout()),
        }
    }

    /// Sets the timeout, without a system call if it is unchanged.
    pub fn set_timeout(&mut self, stream: &TcpStream, timeout: Duration) -> io::Result<()> {
        if self.timeout != Some(timeout) {
            stream.set_read_timeout(Some(timeout))?;
            self.timeout = Some(timeout);
        }
        Ok(())
    }

    /// Sets the low-water mark to at most `low_water` bytes.
    pub fn set_low_water(&mut self, stream: &TcpStream, low_water: usize) -> io::Result<()> {
        // Not for small differences, because each costs a system call. Never above `low_water`:
        // further bytes may never arrive.
        let is_close = self.low_water <= low_water && self.low_water > low_water / 2;
        if !is_close {
            rcvlowat::set(stream, low_water)?;
            self.low_water = low_water;
        }
        Ok(())
    }
}
