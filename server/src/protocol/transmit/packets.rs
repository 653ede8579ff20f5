//! Sends the packets of a file, each with its checksum.
//!
//! Memory is bounded: a packet longer than the buffer is read twice, first for the checksum in its header, then
//! for sending.

use std::ops::Range;

use lanes_shared::checksum::frame_checksum;
use lanes_shared::packet::PacketPlan;
use lanes_shared::shuffle::Shuffle;
use lanes_shared::wire::{Order, PacketHeader};

use super::Transmit;
use crate::content::open_file::OpenFile;
use crate::protocol::close_reason::CloseReason;

/// Packets shorter than this are read from disk many at a time, in bytes (16 KiB).
const SMALL_PACKET: u32 = 16 * 1024;
/// Number of buffer sizes up to which a shuffled run is read at once.
const SHUFFLED_READ_AHEAD: u64 = 4;

impl Transmit<'_> {
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
}
