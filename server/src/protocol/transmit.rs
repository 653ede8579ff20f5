//! Sends replies and file bytes; all file bytes pass through here.
//!
//! 1. Frames are gathered in one buffer per connection and sent in few large writes, so that a
//!    packet of 128 bytes costs hardly more per byte than one of 64 KiB. Small replies wait in the
//!    same buffer until the client would otherwise wait for them.
//! 2. A file is checked after its bytes are read and before they are sent, so that all bytes sent
//!    belong to the version that was opened.

mod packets;
mod plain_bytes;

use std::io::{self, Write as _};

use lanes_shared::wire::{LinkReport, Reply};

use super::close_reason::CloseReason;
use crate::content::open_file::OpenFile;
use crate::emulation::flow_guard::FlowGuard;
use crate::net::connection::Connection;
use crate::state::ServerState;

/// Range of the buffer size of a connection, in bytes (16 to 256 KiB). The system calls cost little
/// compared with the copy at the upper end, and are still cheap at the lower.
const BUFFER_LEN: [usize; 2] = [16 * 1024, 256 * 1024];
/// Target for the buffers of all connections together, in bytes (32 MiB).
const TOTAL_BUFFER_LEN: usize = 32 << 20;

/// The sending side of one connection.
pub(super) struct Transmit<'a> {
    state: &'a ServerState,
    connection: &'a Connection,
    /// Grows up to `buffer_len` on demand; the first `filled` bytes wait to be sent.
    buffer: Vec<u8>,
    buffer_len: usize,
    filled: usize,
    /// Number of waiting bytes that belong to a file.
    file_bytes: u64,
    /// Start of the waiting bytes that were read after the last check of the file.
    unchecked_from: usize,
    /// The emulated link; `None` without emulation.
    link: Option<FlowGuard>,
    /// Part of the file that was read ahead.
    read_ahead: Vec<u8>,
    /// Offset of `read_ahead` in the file.
    read_ahead_at: u64,
}

impl<'a> Transmit<'a> {
    /// Creates the sending side of `connection`.
    pub fn new(state: &'a ServerState, connection: &'a Connection) -> Self {
        let [min, max] = BUFFER_LEN;
        let share = TOTAL_BUFFER_LEN / state.open_connections().max(1);
        Self {
            state,
            connection,
            buffer: Vec::new(),
            buffer_len: share.clamp(min, max),
            filled: 0,
            file_bytes: 0,
            unchecked_from: 0,
            link: None,
            read_ahead: Vec::new(),
            read_ahead_at: 0,
        }
    }

    /// Appends a reply to the buffer.
    ///
    /// # Errors
    /// If the buffer is full and cannot be sent.
    pub fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        let mut bytes = Vec::new();
        reply.encode(&mut bytes);
        self.put(&bytes)
    }

    /// Appends bytes that belong to no file to the buffer.
    ///
    /// # Errors
    /// If the buffer is full and cannot be sent.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.filled + bytes.len() > self.buffer_len {
            self.flush()?;
        }
        for piece in bytes.chunks(self.buffer_len) {
            if self.filled > 0 && self.filled + piece.len() > self.buffer_len {
                self.flush()?;
            }
            let filled = self.filled + piece.len();
            self.grow(filled);
            self.buffer[self.filled..filled].copy_from_slice(piece);
            self.filled = filled;
        }
        Ok(())
    }

    /// Returns whether everything is sent over an emulated link.
    pub fn has_link(&self) -> bool {
        self.link.is_some()
    }

    /// Sends everything over this emulated link from now on.
    pub fn set_link(&mut self, link: Option<FlowGuard>) {
        self.link = link;
    }

    /// Opens the flow on the emulated link for the first request of a file, which starts at
    /// `offset`. Later calls change nothing.
    pub fn open_flow_at(&self, offset: u64) {
        if let Some(link) = &self.link {
            link.open_flow_at(offset);
        }
    }

    /// Sends the counters of the emulated link. The report itself bypasses the emulation.
    ///
    /// # Errors
    /// If the connection is lost.
    pub fn send_link_report(&mut self) -> io::Result<()> {
        self.flush()?;
        let Some(link) = &self.link else {
            return self.reply(&Reply::LinkReport(LinkReport::default()));
        };
        let mut bytes = Vec::new();
        Reply::LinkReport(link.report()).encode(&mut bytes);
        link.send_unpaced(&bytes)
    }

    /// Sends the buffer, waits until everything is handed to the socket, and leaves the emulated
    /// link.
    ///
    /// # Errors
    /// If the connection is lost.
    pub fn finish(&mut self) -> io::Result<()> {
        self.flush()?;
        match self.link.take() {
            Some(link) => link.drain(),
            None => Ok(()),
        }
    }

    /// Sends the buffer.
    ///
    /// # Errors
    /// If the connection is lost.
    pub fn flush(&mut self) -> io::Result<()> {
        let bytes = &self.buffer[..self.filled];
        match &self.link {
            Some(link) if !bytes.is_empty() => link.send(bytes, self.file_bytes)?,
            Some(_) => {}
            None => {
                let mut socket = &self.connection.socket;
                socket.write_all(bytes)?;
                self.connection.count_sent(self.file_bytes);
            }
        }
        self.filled = 0;
        self.file_bytes = 0;
        self.unchecked_from = 0;
        Ok(())
    }

    /// Grows the buffer to at least `len` bytes, and no more: to map fresh memory takes the system
    /// as long as to read the file.
    fn grow(&mut self, len: usize) {
        if self.buffer.len() >= len {
            return;
        }
        if self.filled == 0 {
            // Nothing to copy, and memory that is allocated as zeros is not written to.
            self.buffer = Vec::new();
            self.buffer = vec![0; len];
        } else {
            self.buffer.resize(len, 0);
        }
    }

    fn check(&mut self, file: &OpenFile) -> Result<(), CloseReason> {
        match file.check() {
            Ok(()) => {
                self.unchecked_from = self.filled;
                Ok(())
            }
            Err(error) => Err(self.discard_unchecked(error.into())),
        }
    }

    /// Discards the unchecked bytes of the buffer, so that a refusal can follow the checked ones.
    fn discard_unchecked(&mut self, reason: CloseReason) -> CloseReason {
        self.filled = self.filled.min(self.unchecked_from);
        self.file_bytes = 0;
        reason
    }
}
