//! Sends replies and file bytes; all file bytes pass through here.
//!
//! 1. Frames are gathered in one buffer per connection and sent in few large writes, so that a
//!    packet of 128 bytes costs hardly more per byte than one of 64 KiB. Small replies wait in the
//!    same buffer until the client would otherwise wait for them.
//! 2. A file is checked after its bytes are read and before they are sent, so that all bytes sent
//!    belong to the version that was opened.
//! 3. Memory is bounded: a packet longer than the buffer is read twice, first for the checksum in
//!    its header, then for sending.

use std::io::{self, Write as _};
use std::ops::Range;

use lanes_shared::checksum::frame_checksum;
use lanes_shared::packet::PacketPlan;
use lanes_shared::shuffle::Shuffle;
use lanes_shared::wire::{LinkReport, Order, PacketHeader, Reply};

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
/// Bytes of a file that are read before the first write (16 KiB), so that the first byte does not
/// wait for a full buffer.
const FIRST_CHUNK: usize = 16 * 1024;
/// Packets shorter than this are read from disk many at a time, in bytes (16 KiB).
const SMALL_PACKET: u32 = 16 * 1024;
/// Number of buffer sizes up to which a shuffled run is read at once.
const SHUFFLED_READ_AHEAD: u64 = 4;

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

    /// Sends the packets `ids` of a file in the requested order. The last of them may wait in the
    /// buffer.
    ///
    /// # Errors
    /// If the file changed or cannot be read, the server stops, or the connection is lost.
    pub fn send_packets(
        &mut self,
        file: &OpenFile,
        plan: &PacketPlan,
        ids: Range<u64>,
        order: Order,
    ) -> Result<(), CloseReason> {
        self.buffer.resize(self.buffer_len, 0);
        self.unchecked_from = self.filled;
        self.read_ahead.clear();
        let count = ids.end - ids.start;
        let reads_ahead = file.is_on_disk() && plan.packet_len() < SMALL_PACKET;
        let read_len = self.buffer_len as u64;
        match order {
            Order::InOrder => {
                for id in ids.clone() {
                    if reads_ahead && !self.has_read(plan, id) {
                        self.read_packets(file, plan, &(id..ids.end), read_len)?;
                    }
                    self.send_packet(file, plan, id)?;
                }
            }
            Order::Shuffled(seed) => {
                let bytes = plan.bytes_of(&ids);
                let read_len = SHUFFLED_READ_AHEAD * read_len;
                if reads_ahead && bytes.end - bytes.start <= read_len {
                    self.read_packets(file, plan, &ids, read_len)?;
                }
                let shuffle = Shuffle::new(count, seed);
                for position in 0..count {
                    self.send_packet(file, plan, ids.start + shuffle.at(position))?;
                }
            }
        }
        self.read_ahead.clear();
        self.read_ahead.shrink_to(self.buffer_len);
        self.check(file)
    }

    /// Sends `head` and the plain `bytes` of a file. Calls `on_start` once the first of them are
    /// sent or, if they are few, buffered.
    ///
    /// # Errors
    /// If the file changed or cannot be read, the server stops, or the connection is lost. A
    /// refusal means that nothing was sent.
    pub fn send_bytes(
        &mut self,
        head: &[u8],
        file: &OpenFile,
        bytes: Range<u64>,
        on_start: impl FnOnce(),
    ) -> Result<(), CloseReason> {
        self.unchecked_from = self.filled;
        self.put(head)?;
        let mut on_start = Some(on_start);
        let mut at = bytes.start;
        let mut has_started = false;
        while at < bytes.end {
            let max = if has_started {
                self.buffer_len
            } else {
                FIRST_CHUNK
            };
            let space = max.min(self.buffer_len - self.filled) as u64;
            let len = space.min(bytes.end - at) as usize;
            self.grow(self.filled + len);
            let chunk = &mut self.buffer[self.filled..self.filled + len];
            let result = file.read_at(at, chunk).and_then(|()| file.check());
            // A refusal must not follow plain bytes: the client would take it for more of the file.
            result.map_err(|error| {
                if has_started {
                    CloseReason::from(error).into_abort()
                } else {
                    self.discard_unchecked(error.into())
                }
            })?;
            self.filled += len;
            self.file_bytes += len as u64;
            at += len as u64;
            if at == bytes.end && !has_started {
                // Few bytes: they may be sent together with the next reply.
                self.unchecked_from = self.filled;
                break;
            }
            self.flush()?;
            has_started = true;
            if let Some(on_start) = on_start.take() {
                on_start();
            }
            if at < bytes.end && self.state.is_past_stop_deadline() {
                return Err(CloseReason::stopping().into_abort());
            }
        }
        if let Some(on_start) = on_start {
            on_start();
        }
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

    /// Appends a packet to the buffer, or sends it if it is longer than the buffer.
    fn send_packet(
        &mut self,
        file: &OpenFile,
        plan: &PacketPlan,
        id: u64,
    ) -> Result<(), CloseReason> {
        let len = plan.len_of(id) as usize;
        let frame_len = PacketHeader::LEN + len;
        if frame_len > self.buffer_len {
            return self.send_long_packet(file, plan, id);
        }
        if self.filled + frame_len > self.buffer_len {
            self.flush_checked(file)?;
        }
        let frame = &mut self.buffer[self.filled..self.filled + frame_len];
        let (head, payload) = frame.split_at_mut(PacketHeader::LEN);
        let offset = plan.offset(id);
        let ahead = offset
            .checked_sub(self.read_ahead_at)
            .and_then(|from| self.read_ahead.get(from as usize..from as usize + len));
        let result = match ahead {
            Some(bytes) => {
                payload.copy_from_slice(bytes);
                Ok(())
            }
            None => file.read_at(offset, payload),
        };
        let packet = PacketHeader {
            id,
            len: len as u32,
        };
        let checksum = frame_checksum(packet.checksum_start(), payload);
        head.copy_from_slice(&packet.to_bytes(checksum));
        result.map_err(|error| self.discard_unchecked(error.into()))?;
        self.filled += frame_len;
        self.file_bytes += len as u64;
        Ok(())
    }

    /// Sends a packet that is longer than the buffer, in several writes.
    fn send_long_packet(
        &mut self,
        file: &OpenFile,
        plan: &PacketPlan,
        id: u64,
    ) -> Result<(), CloseReason> {
        self.flush_checked(file)?;
        let len = plan.len_of(id);
        let start = plan.offset(id);
        let end = start + u64::from(len);
        let packet = PacketHeader { id, len };
        let mut checksum = packet.checksum_start();
        let mut at = start;
        while at < end {
            let len = (end - at).min(self.buffer_len as u64) as usize;
            file.read_at(at, &mut self.buffer[..len])?;
            checksum = frame_checksum(checksum, &self.buffer[..len]);
            at += len as u64;
        }
        file.check()?;
        let head = packet.to_bytes(checksum);
        self.buffer[..head.len()].copy_from_slice(&head);
        self.filled = head.len();
        at = start;
        while at < end {
            let len = (end - at).min((self.buffer_len - self.filled) as u64) as usize;
            let chunk = &mut self.buffer[self.filled..self.filled + len];
            // No refusal is possible any more if this fails: part of the packet is sent already.
            let result = file.read_at(at, chunk).and_then(|()| file.check());
            result.map_err(|error| CloseReason::from(error).into_abort())?;
            self.filled += len;
            self.file_bytes += len as u64;
            at += len as u64;
            self.flush()?;
        }
        Ok(())
    }

    fn has_read(&self, plan: &PacketPlan, id: u64) -> bool {
        let bytes = plan.bytes_of(&(id..id + 1));
        let end = self.read_ahead_at + self.read_ahead.len() as u64;
        bytes.start >= self.read_ahead_at && bytes.end <= end
    }

    /// Reads the packets `ids` ahead: as many whole ones as fit in `limit` bytes, at least one.
    fn read_packets(
        &mut self,
        file: &OpenFile,
        plan: &PacketPlan,
        ids: &Range<u64>,
        limit: u64,
    ) -> Result<(), CloseReason> {
        let max_packets = (limit / u64::from(plan.packet_len())).max(1);
        let end = ids.end.min(ids.start.saturating_add(max_packets));
        let bytes = plan.bytes_of(&(ids.start..end));
        self.read_ahead
            .resize((bytes.end - bytes.start) as usize, 0);
        self.read_ahead_at = bytes.start;
        let result = file.read_at(bytes.start, &mut self.read_ahead);
        result.map_err(|error| self.discard_unchecked(error.into()))
    }

    /// Sends the buffer at a message boundary, unless the file changed or the server stops.
    fn flush_checked(&mut self, file: &OpenFile) -> Result<(), CloseReason> {
        self.check(file)?;
        self.flush()?;
        if self.state.is_past_stop_deadline() {
            return Err(CloseReason::stopping());
        }
        Ok(())
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
