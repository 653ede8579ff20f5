//! What stands before every message: its kind, its length, and the checksum of both and of it.

use super::{HEADER_LEN, MAX_MESSAGE_LEN, PACKET_ID_LEN, WireError, kind};
use crate::checksum::frame_checksum;
use crate::packet::MAX_PACKET_LEN;

/// The eight bytes before every message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// One of [`kind`], or one that is not known.
    pub kind: u8,
    /// Length of the payload in bytes, below 2^24.
    pub len: u32,
    /// CRC-32C of kind, length and payload.
    pub checksum: u32,
}

impl Header {
    /// The header of this payload.
    pub fn of(kind: u8, payload: &[u8]) -> Self {
        let len = payload.len() as u32;
        let checksum = frame_checksum(checksum_start(kind, len), payload);
        Self {
            kind,
            len,
            checksum,
        }
    }

    /// Reads a header and checks its length. Whether the kind is known is for later: it may have
    /// been damaged on its way, which only the checksum tells.
    ///
    /// # Errors
    /// When the payload is longer than that kind may be, or a packet has none.
    pub fn parse(bytes: [u8; HEADER_LEN]) -> Result<Self, WireError> {
        let [kind, a, b, c, checksum @ ..] = bytes;
        let len = u32::from_le_bytes([a, b, c, 0]);
        let longest = match kind {
            kind::PACKET => MAX_PACKET_LEN + PACKET_ID_LEN as u32,
            _ => MAX_MESSAGE_LEN,
        };
        if len > longest {
            return Err(WireError::TooLong { kind, len });
        }
        if kind == kind::PACKET && len <= PACKET_ID_LEN as u32 {
            return Err(WireError::Truncated(kind));
        }
        let checksum = u32::from_le_bytes(checksum);
        Ok(Self {
            kind,
            len,
            checksum,
        })
    }

    /// The header's bytes. Only the low 24 bits of the length are written.
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [kind, a, b, c] = beginning(self.kind, self.len);
        let [d, e, f, g] = self.checksum.to_le_bytes();
        [kind, a, b, c, d, e, f, g]
    }

    /// Whether header and payload are as they were sent.
    pub(super) fn check(self, payload: &[u8]) -> Result<(), WireError> {
        match self == Self::of(self.kind, payload) {
            true => Ok(()),
            false => Err(WireError::ChecksumMismatch(self.kind)),
        }
    }
}

/// What the checksum is of, before the payload.
fn beginning(kind: u8, len: u32) -> [u8; 4] {
    let [a, b, c, _] = len.to_le_bytes();
    [kind, a, b, c]
}

fn checksum_start(kind: u8, len: u32) -> u32 {
    frame_checksum(0, &beginning(kind, len))
}

/// Writes a frame: the header, then what `fill` appends.
pub(super) fn put_frame(out: &mut Vec<u8>, kind: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_LEN]);
    fill(out);
    let (header, payload) = out[start..].split_at_mut(HEADER_LEN);
    debug_assert!(payload.len() <= MAX_MESSAGE_LEN as usize, "a long message");
    header.copy_from_slice(&Header::of(kind, payload).to_bytes());
}

/// What stands before a packet's bytes: the header and the packet's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketHeader {
    /// The packet's id.
    pub id: u64,
    /// How many bytes the packet has, at most [`MAX_PACKET_LEN`].
    pub len: u32,
}

impl PacketHeader {
    /// Its length in bytes: what each packet costs on the wire.
    pub const LEN: usize = HEADER_LEN + PACKET_ID_LEN;

    /// Reads the head behind the header of a packet.
    pub fn parse(header: Header, id: [u8; PACKET_ID_LEN]) -> Self {
        Self {
            id: u64::from_le_bytes(id),
            len: header.len - PACKET_ID_LEN as u32,
        }
    }

    /// The checksum of the packet before any of its bytes, to be continued by
    /// [`frame_checksum`]: kind, length and id are part of it, or a packet whose id was damaged on
    /// its way would land at another's place.
    pub fn checksum_start(self) -> u32 {
        frame_checksum(
            checksum_start(kind::PACKET, self.payload_len()),
            &self.id.to_le_bytes(),
        )
    }

    /// The head's bytes, with the checksum of all of the packet.
    pub fn to_bytes(self, checksum: u32) -> [u8; Self::LEN] {
        let header = Header {
            kind: kind::PACKET,
            len: self.payload_len(),
            checksum,
        };
        let mut bytes = [0; Self::LEN];
        bytes[..HEADER_LEN].copy_from_slice(&header.to_bytes());
        bytes[HEADER_LEN..].copy_from_slice(&self.id.to_le_bytes());
        bytes
    }

    fn payload_len(self) -> u32 {
        self.len + PACKET_ID_LEN as u32
    }
}
