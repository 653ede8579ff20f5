//! Frame header: kind, length and checksum, in front of every message.

use super::{HEADER_LEN, MAX_MESSAGE_LEN, MAX_RESULT_LEN, PACKET_ID_LEN, WireError, kind};
use crate::checksum::frame_checksum;
use crate::packet::MAX_PACKET_LEN;

/// Header of a frame (eight bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// One of [`kind`], or an unknown value.
    pub kind: u8,
    /// Length of the payload in bytes, below 2^24.
    pub len: u32,
    /// CRC-32C of kind, length and payload.
    pub checksum: u32,
}

impl Header {
    /// Creates the header for `payload`.
    pub fn of(kind: u8, payload: &[u8]) -> Self {
        let len = payload.len() as u32;
        let checksum = frame_checksum(checksum_start(kind, len), payload);
        Self {
            kind,
            len,
            checksum,
        }
    }

    /// Parses a header and checks its length. An unknown kind is accepted here, because it may be
    /// corrupted, which only the checksum can show.
    ///
    /// # Errors
    /// [`WireError::TooLong`] when the payload exceeds the maximum of its kind,
    /// [`WireError::Truncated`] for a packet without data.
    pub fn parse(bytes: [u8; HEADER_LEN]) -> Result<Self, WireError> {
        let [kind, a, b, c, checksum @ ..] = bytes;
        let len = u32::from_le_bytes([a, b, c, 0]);
        let max_len = match kind {
            kind::PACKET => MAX_PACKET_LEN + PACKET_ID_LEN as u32,
            kind::RESULT => MAX_RESULT_LEN,
            _ => MAX_MESSAGE_LEN,
        };
        if len > max_len {
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

    /// Encodes the header. Only the low 24 bits of the length are written.
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [kind, a, b, c] = checksummed_bytes(self.kind, self.len);
        let [d, e, f, g] = self.checksum.to_le_bytes();
        [kind, a, b, c, d, e, f, g]
    }

    /// Verifies the checksum of header and payload.
    pub(super) fn check(self, payload: &[u8]) -> Result<(), WireError> {
        match self == Self::of(self.kind, payload) {
            true => Ok(()),
            false => Err(WireError::ChecksumMismatch(self.kind)),
        }
    }
}

/// Encodes the part of the header that the checksum covers.
fn checksummed_bytes(kind: u8, len: u32) -> [u8; 4] {
    let [a, b, c, _] = len.to_le_bytes();
    [kind, a, b, c]
}

fn checksum_start(kind: u8, len: u32) -> u32 {
    frame_checksum(0, &checksummed_bytes(kind, len))
}

/// Appends a frame: the header, then the payload that `fill` appends.
pub(super) fn put_frame(out: &mut Vec<u8>, kind: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_LEN]);
    fill(out);
    let (header, payload) = out[start..].split_at_mut(HEADER_LEN);
    debug_assert!(
        payload.len() <= MAX_MESSAGE_LEN as usize,
        "message exceeds MAX_MESSAGE_LEN"
    );
    header.copy_from_slice(&Header::of(kind, payload).to_bytes());
}

/// Header of a packet: the frame header and the packet id.
///
/// ```
/// use lanes_shared::checksum::frame_checksum;
/// use lanes_shared::wire::{Header, PacketHeader, kind};
///
/// let data = b"data of packet 7";
/// let packet = PacketHeader {
///     id: 7,
///     len: data.len() as u32,
/// };
/// let checksum = frame_checksum(packet.checksum_start(), data);
/// let bytes = packet.to_bytes(checksum);
///
/// let (header, id) = bytes.split_first_chunk().unwrap();
/// let header = Header::parse(*header)?;
/// assert_eq!(header.kind, kind::PACKET);
/// assert_eq!(PacketHeader::parse(header, id.try_into().unwrap()), packet);
/// # Ok::<(), lanes_shared::wire::WireError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketHeader {
    /// Id of the packet.
    pub id: u64,
    /// Length of the packet's data in bytes, at most [`MAX_PACKET_LEN`].
    pub len: u32,
}

impl PacketHeader {
    /// Encoded length, in bytes: the overhead of a packet on the wire.
    pub const LEN: usize = HEADER_LEN + PACKET_ID_LEN;

    /// Parses the packet id that follows the frame header.
    pub fn parse(header: Header, id: [u8; PACKET_ID_LEN]) -> Self {
        Self {
            id: u64::from_le_bytes(id),
            len: header.len - PACKET_ID_LEN as u32,
        }
    }

    /// Returns the checksum of the packet up to its id, which the caller extends by the packet's
    /// data with [`frame_checksum`]. It covers kind, length and id, because a packet with a
    /// corrupted id would be written to the wrong offset.
    pub fn checksum_start(self) -> u32 {
        frame_checksum(
            checksum_start(kind::PACKET, self.payload_len()),
            &self.id.to_le_bytes(),
        )
    }

    /// Encodes the header, given the checksum of the complete packet.
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
