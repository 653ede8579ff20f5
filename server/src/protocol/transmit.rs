//! From files to the socket: the one place that all file bytes pass through.
//!
//! 1. Frames are gathered in one buffer a connection and leave in few large writes, so a packet of
//!    128 bytes costs hardly more a byte than one of 64 KiB. Small replies wait in the same
//!    buffer until the client would wait for them.
//! 2. After the bytes of a file were read and before they are sent, the file is checked: what is
//!    sent always belongs to the version that was opened.
//! 3. Memory stays flat: a packet longer than the buffer is read twice, once for its checksum,
//!    which stands before it, and once to be sent.

use std::io::{self, Write as _};
use std::ops::Range;

use lanes_shared::checksum::frame_checksum;
use lanes_shared::packet::PacketPlan;
use lanes_shared::shuffle::Shuffle;
use lanes_shared::wire::{LinkReport, Order, PacketHead, Reply};

use super::close_reason::CloseReason;
use crate::content::open_file::OpenFile;
use crate::emulation::FlowGuard;
use crate::net::connection::Connection;
use crate::state::ServerState;

/// The length of a connection's buffer, in bytes (16 to 256 KiB): a write of the longest costs the
/// system little more than the copy, and of the shortest still little.
const BUF_LEN: [usize; 2] = [16 * 1024, 256 * 1024];
/// What the buffers of all connections together should take at most, in bytes (32 MiB).
const ALL_BUFS_LEN: usize = 32 << 20;
/// The most of a file that is read before its first bytes are sent, in bytes (16 KiB): the first byte
/// does not wait for a whole buffer.
const FIRST_PIECE: usize = 16 * 1024;
/// Packets shorter than this are read from disk many at once, in bytes (16 KiB).
const SMALL_PACKET: u32 = 16 * 1024;
/// A shuffled run as long as so many buffers or shorter is read at once.
const SHUFFLED_WINDOW: u64 = 4;

/// What goes out over one connection.
pub(crate) struct Transmit<'a> {
    state: &'a ServerState,
    connection: &'a Connection,
    /// Grown to `buf_len` when it is first needed; `filled` bytes of it wait to be sent.
    buf: Vec<u8>,
    buf_len: usize,
    filled: usize,
    /// How many of the waiting bytes are a file's.
    file_bytes: u64,
    /// Where in the buffer the bytes begin that were not checked yet.
    unchecked_from: usize,
    /// The emulated link, if there is one.
    link: Option<FlowGuard>,
    /// A piece of the file read ahead, and where it begins.
    window: Vec<u8>,
    window_at: u64,
}

impl<'a> Transmit<'a> {
    /// What goes out over `connection`.
    pub fn new(state: &'a ServerState, connection: &'a Connection) -> Self {
        let (serving, turning_away) = state.live_counts();
        let [least, most] = BUF_LEN;
        let share = ALL_BUFS_LEN / (serving + turning_away).max(1);
        Self {
            state,
            connection,
            buf: Vec::new(),
            buf_len: share.clamp(least, most),
            filled: 0,
            file_bytes: 0,
            unchecked_from: 0,
            link: None,
            window: Vec::new(),
            window_at: 0,
        }
    }

    /// Lets a reply wait for the next [`Self::flush`].
    pub fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        let mut bytes = Vec::new();
        reply.encode(&mut bytes);
        self.put(&bytes)
    }

    /// Lets bytes that are no file's wait for the next [`Self::flush`].
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.filled + bytes.len() > self.buf_len {
            self.flush()?;
        }
        for piece in bytes.chunks(self.buf_len) {
            if self.filled > 0 && self.filled + piece.len() > self.buf_len {
                self.flush()?;
            }
            let filled = self.filled + piece.len();
            self.grow(filled);
            self.buf[self.filled..filled].copy_from_slice(piece);
            self.filled = filled;
        }
        Ok(())
    }

    /// Whether everything goes over an emulated link.
    pub fn is_paced(&self) -> bool {
        self.link.is_some()
    }

    /// From now on everything goes over an emulated link, if there is one.
    pub fn pace(&mut self, link: Option<FlowGuard>) {
        self.link = link;
    }

    /// The client's first bytes of a file are those from `offset` on; later calls change nothing.
    pub fn open_flow_at(&self, offset: u64) {
        if let Some(link) = &self.link {
            let buffer = link.buffer();
            buffer.session.open_flow_at(buffer.connection.id, offset);
        }
    }

    /// Says how the emulated link did. It is no part of what is emulated, and leaves at once.
    pub fn link_report(&mut self) -> io::Result<()> {
        self.flush()?;
        let Some(link) = &self.link else {
            return self.reply(&Reply::LinkReport(LinkReport::default()));
        };
        let mut bytes = Vec::new();
        Reply::LinkReport(link.buffer().session.report()).encode(&mut bytes);
        link.buffer().send_at_once(&bytes)
    }

    /// Sends what waits to the last byte. An emulated link ends with it.
    pub fn finish(&mut self) -> io::Result<()> {
        self.flush()?;
        match self.link.take() {
            Some(link) => link.buffer().drain(),
            None => Ok(()),
        }
    }

    /// Sends what waits.
    pub fn flush(&mut self) -> io::Result<()> {
        let bytes = &self.buf[..self.filled];
        match &self.link {
            Some(link) if !bytes.is_empty() => link.buffer().send(bytes, self.file_bytes)?,
            Some(_) => {}
            None => {
                let mut socket = &self.connection.socket;
                socket.write_all(bytes)?;
                self.state.count_sent(self.connection, self.file_bytes);
            }
        }
        self.filled = 0;
        self.file_bytes = 0;
        self.unchecked_from = 0;
        Ok(())
    }

    /// Sends the packets `ids`, all of the file, in the order asked for. The last of them may wait
    /// for the next flush.
    pub fn run(
        &mut self,
        file: &OpenFile,
        plan: &PacketPlan,
        ids: Range<u64>,
        order: Order,
    ) -> Result<(), CloseReason> {
        self.buf.resize(self.buf_len, 0);
        self.unchecked_from = self.filled;
        self.window.clear();
        let count = ids.end - ids.start;
        let gathers = file.is_on_disk() && plan.packet_len() < SMALL_PACKET;
        let window_len = self.buf_len as u64;
        match order {
            Order::InOrder => {
                for id in ids.clone() {
                    if gathers && !self.window_holds(plan, id) {
                        self.fill_window(file, plan, &(id..ids.end), window_len)?;
                    }
                    self.packet(file, plan, id)?;
                }
            }
            Order::Shuffled(seed) => {
                let bytes = plan.bytes_of(&ids);
                let window_len = SHUFFLED_WINDOW * window_len;
                if gathers && bytes.end - bytes.start <= window_len {
                    self.fill_window(file, plan, &ids, window_len)?;
                }
                let shuffle = Shuffle::new(count, seed);
                for place in 0..count {
                    self.packet(file, plan, ids.start + shuffle.at(place))?;
                }
            }
        }
        self.window.clear();
        self.window.shrink_to(self.buf_len);
        self.check(file)
    }

    /// Sends bytes of the file as they are, and `head` before them. Calls `has_begun` when the first of
    /// them are out, or wait for the next flush.
    pub fn plain(
        &mut self,
        head: &[u8],
        file: &OpenFile,
        bytes: Range<u64>,
        has_begun: impl FnOnce(),
    ) -> Result<(), CloseReason> {
        self.unchecked_from = self.filled;
        self.put(head)?;
        let mut has_begun = Some(has_begun);
        let mut at = bytes.start;
        let mut begun = false;
        while at < bytes.end {
            let most = if begun { self.buf_len } else { FIRST_PIECE };
            let room = most.min(self.buf_len - self.filled) as u64;
            let piece = room.min(bytes.end - at) as usize;
            self.grow(self.filled + piece);
            let into = &mut self.buf[self.filled..self.filled + piece];
            let read = file.read_at(at, into);
            // Once plain bytes are on their way there is no room for words among them.
            read.and_then(|()| file.check()).map_err(|error| {
                if begun {
                    CloseReason::from(error).cut()
                } else {
                    self.take_back(error.into())
                }
            })?;
            self.filled += piece;
            self.file_bytes += piece as u64;
            at += piece as u64;
            if at == bytes.end && !begun {
                // All of it is short: it may go out with the next answer.
                self.unchecked_from = self.filled;
                break;
            }
            self.flush()?;
            begun = true;
            if let Some(has_begun) = has_begun.take() {
                has_begun();
            }
            if at < bytes.end && self.state.is_past_deadline() {
                return Err(CloseReason::stopping().cut());
            }
        }
        if let Some(has_begun) = has_begun {
            has_begun();
        }
        Ok(())
    }

    /// Makes the buffer so long, if it is shorter: no longer than what goes out next needs it, since fresh
    /// memory takes the system as long as to read the file does.
    fn grow(&mut self, len: usize) {
        if self.buf.len() >= len {
            return;
        }
        if self.filled == 0 {
            // Nothing of it is to be kept, and memory that comes as it is need not be written to.
            self.buf = Vec::new();
            self.buf = vec![0; len];
        } else {
            self.buf.resize(len, 0);
        }
    }

    /// Puts packet `id` into the buffer, or sends it when it is longer than that.
    fn packet(&mut self, file: &OpenFile, plan: &PacketPlan, id: u64) -> Result<(), CloseReason> {
        let len = plan.len_of(id) as usize;
        let frame_len = PacketHead::LEN + len;
        if frame_len > self.buf_len {
            return self.long_packet(file, plan, id);
        }
        if self.filled + frame_len > self.buf_len {
            self.flush_checked(file)?;
        }
        let frame = &mut self.buf[self.filled..self.filled + frame_len];
        let (head, payload) = frame.split_at_mut(PacketHead::LEN);
        let offset = plan.offset(id);
        let ahead = offset
            .checked_sub(self.window_at)
            .and_then(|from| self.window.get(from as usize..from as usize + len));
        let read = match ahead {
            Some(bytes) => {
                payload.copy_from_slice(bytes);
                Ok(())
            }
            None => file.read_at(offset, payload),
        };
        let packet = PacketHead {
            id,
            len: len as u32,
        };
        let checksum = frame_checksum(packet.checksum_start(), payload);
        head.copy_from_slice(&packet.to_bytes(checksum));
        read.map_err(|error| self.take_back(error.into()))?;
        self.filled += frame_len;
        self.file_bytes += len as u64;
        Ok(())
    }

    /// Sends a packet that is longer than the buffer, piece by piece.
    fn long_packet(
        &mut self,
        file: &OpenFile,
        plan: &PacketPlan,
        id: u64,
    ) -> Result<(), CloseReason> {
        self.flush_checked(file)?;
        let len = plan.len_of(id);
        let start = plan.offset(id);
        let end = start + u64::from(len);
        let packet = PacketHead { id, len };
        let mut checksum = packet.checksum_start();
        let mut at = start;
        while at < end {
            let piece = (end - at).min(self.buf_len as u64) as usize;
            file.read_at(at, &mut self.buf[..piece])?;
            checksum = frame_checksum(checksum, &self.buf[..piece]);
            at += piece as u64;
        }
        file.check()?;
        let head = packet.to_bytes(checksum);
        self.buf[..head.len()].copy_from_slice(&head);
        self.filled = head.len();
        at = start;
        while at < end {
            let piece = (end - at).min((self.buf_len - self.filled) as u64) as usize;
            let into = &mut self.buf[self.filled..self.filled + piece];
            // Half a packet is out: if the file fails now, no words can be put behind it.
            let whole = file.read_at(at, into).and_then(|()| file.check());
            whole.map_err(|error| CloseReason::from(error).cut())?;
            self.filled += piece;
            self.file_bytes += piece as u64;
            at += piece as u64;
            self.flush()?;
        }
        Ok(())
    }

    fn window_holds(&self, plan: &PacketPlan, id: u64) -> bool {
        let bytes = plan.bytes_of(&(id..id + 1));
        bytes.start >= self.window_at && bytes.end <= self.window_at + self.window.len() as u64
    }

    /// Reads as many whole packets of `ids` ahead as fit `limit` bytes, at least one.
    fn fill_window(
        &mut self,
        file: &OpenFile,
        plan: &PacketPlan,
        ids: &Range<u64>,
        limit: u64,
    ) -> Result<(), CloseReason> {
        let fit = (limit / u64::from(plan.packet_len())).max(1);
        let bytes = plan.bytes_of(&(ids.start..ids.end.min(ids.start.saturating_add(fit))));
        self.window.resize((bytes.end - bytes.start) as usize, 0);
        self.window_at = bytes.start;
        let read = file.read_at(bytes.start, &mut self.window);
        read.map_err(|error| self.take_back(error.into()))
    }

    /// Sends what waits, at a message boundary or among plain bytes, unless the file has changed
    /// or the server is being stopped.
    fn flush_checked(&mut self, file: &OpenFile) -> Result<(), CloseReason> {
        self.check(file)?;
        self.flush()?;
        if self.state.is_past_deadline() {
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
            Err(error) => Err(self.take_back(error.into())),
        }
    }

    /// Takes the unchecked bytes out of the buffer again, so that a refusal follows what is whole.
    fn take_back(&mut self, end: CloseReason) -> CloseReason {
        self.filled = self.filled.min(self.unchecked_from);
        self.file_bytes = 0;
        end
    }
}
