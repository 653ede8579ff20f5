//! The Lanes protocol, version 1: what the bytes on a connection mean. `shared/PROTOCOL.md`
//! describes it for people who write another client or server.
//!
//! 1. The codec does no I/O: bytes in, messages out, so that it is tested byte by byte.
//! 2. A length is checked before anyone takes memory for it: [`Header::parse`] refuses a frame
//!    that is too long for its kind.
//! 3. A packet's bytes never pass through the codec: it reads the packet's head, and the caller
//!    moves the payload from the socket to the file.

mod cursor;
mod message;

pub use message::{LinkReport, Opened, Order, Refusal, Reply, Request, RunAsk};

use crate::packet::MAX_PACKET_LEN;

/// The first eight bytes of every Lanes connection. The first is not ASCII, so no HTTP method
/// begins like it; the line end shows a channel that rewrites line ends.
pub const MAGIC: [u8; 8] = *b"\x89LANES\r\n";
/// The version of the protocol spoken here.
pub const VERSION: u16 = 1;
/// The longest payload of a message that is no packet, in bytes (64 KiB).
pub const MAX_MESSAGE_LEN: u32 = 64 * 1024;
/// The length of a frame's header in bytes.
pub const HEADER_LEN: usize = 4;
/// The length of a packet's head, behind the frame's header, in bytes: packet id and checksum.
pub const PACKET_HEAD_LEN: usize = 12;

/// Why bytes are not a message of the Lanes protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The connection does not begin with [`MAGIC`].
    #[error("the other side does not speak the Lanes protocol")]
    NotLanes,
    /// The other side speaks another version.
    #[error("the other side speaks version {0} of the Lanes protocol, this one version {VERSION}")]
    Version(u16),
    /// No message has this kind.
    #[error("a message of unknown kind {0:#04x}")]
    UnknownKind(u8),
    /// A frame is longer than its kind may be.
    #[error("a message of kind {kind:#04x} with {len} bytes is too long")]
    TooLong {
        /// Kind of the frame.
        kind: u8,
        /// Length of its payload in bytes.
        len: u32,
    },
    /// The payload ends before the message does.
    #[error("a message of kind {0:#04x} is cut short")]
    CutShort(u8),
    /// The payload goes on after the message has ended.
    #[error("a message of kind {0:#04x} has bytes left over")]
    LeftOver(u8),
    /// A field has a value that it cannot have.
    #[error("a message of kind {kind:#04x} has a wrong {field}")]
    Field {
        /// Kind of the frame.
        kind: u8,
        /// Name of the field.
        field: &'static str,
    },
}

/// The kinds of frames, as they stand on the wire. Requests are below `0x80`, replies above.
pub mod kind {
    /// Request: who I am and which version I speak; the first message.
    pub const HELLO: u8 = 0x01;
    /// Request: the next page of the catalogue.
    pub const LIST: u8 = 0x02;
    /// Request: this file is meant from now on.
    pub const OPEN: u8 = 0x03;
    /// Request: a run of packets.
    pub const RUN: u8 = 0x04;
    /// Request: the beginning of one of n equal segments.
    pub const SHARE: u8 = 0x05;
    /// Request: the file as plain bytes.
    pub const STREAM: u8 = 0x06;
    /// Request: the digest of the file, when it is known.
    pub const DIGEST: u8 = 0x07;
    /// Request: how exactly the link was emulated.
    pub const LINK_REPORT: u8 = 0x08;
    /// Reply: welcome.
    pub const WELCOME: u8 = 0x81;
    /// Reply: a page of the catalogue.
    pub const CATALOGUE: u8 = 0x82;
    /// Reply: what the opened file is like.
    pub const OPENED: u8 = 0x83;
    /// Reply: one packet.
    pub const PACKET: u8 = 0x84;
    /// Reply: plain bytes follow.
    pub const STREAMING: u8 = 0x85;
    /// Reply: the digest, or how far it is.
    pub const DIGEST_IS: u8 = 0x86;
    /// Reply: how exactly the link was emulated.
    pub const LINK_REPORT_IS: u8 = 0x87;
    /// Reply: no, and why.
    pub const REFUSED: u8 = 0xFF;
}

/// The four bytes before every message: its kind and the length of its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// One of [`kind`].
    pub kind: u8,
    /// Length of the payload in bytes.
    pub len: u32,
}

impl Header {
    /// Reads a header and checks its length.
    ///
    /// # Errors
    /// When the kind is unknown or the payload longer than that kind may be.
    pub fn parse(bytes: [u8; HEADER_LEN]) -> Result<Self, WireError> {
        let [kind, rest @ ..] = bytes;
        let len = u32::from_le_bytes([rest[0], rest[1], rest[2], 0]);
        let longest = match kind {
            kind::PACKET => MAX_PACKET_LEN + PACKET_HEAD_LEN as u32,
            kind::HELLO..=kind::LINK_REPORT
            | kind::WELCOME..=kind::LINK_REPORT_IS
            | kind::REFUSED => MAX_MESSAGE_LEN,
            _ => return Err(WireError::UnknownKind(kind)),
        };
        if len > longest {
            return Err(WireError::TooLong { kind, len });
        }
        if kind == kind::PACKET && len <= PACKET_HEAD_LEN as u32 {
            return Err(WireError::CutShort(kind));
        }
        Ok(Self { kind, len })
    }

    /// The header's bytes. Only the low 24 bits of the length are written.
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [a, b, c, _] = self.len.to_le_bytes();
        [self.kind, a, b, c]
    }
}

/// What stands before a packet's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketHead {
    /// The packet's id.
    pub id: u64,
    /// CRC-32C of the id and the payload, see [`crate::checksum::packet_checksum`].
    pub checksum: u32,
}

impl PacketHead {
    /// Length of header and head together, in bytes: what each packet costs on the wire.
    pub const FRAME_LEN: usize = HEADER_LEN + PACKET_HEAD_LEN;

    /// Reads a head.
    pub fn parse(bytes: [u8; PACKET_HEAD_LEN]) -> Self {
        let [id @ .., a, b, c, d] = bytes;
        Self {
            id: u64::from_le_bytes(id),
            checksum: u32::from_le_bytes([a, b, c, d]),
        }
    }

    /// Header and head of a packet of `len` bytes, at most [`MAX_PACKET_LEN`].
    pub fn to_frame(self, len: u32) -> [u8; Self::FRAME_LEN] {
        let header = Header {
            kind: kind::PACKET,
            len: len + PACKET_HEAD_LEN as u32,
        };
        let mut frame = [0; Self::FRAME_LEN];
        frame[..4].copy_from_slice(&header.to_bytes());
        frame[4..12].copy_from_slice(&self.id.to_le_bytes());
        frame[12..].copy_from_slice(&self.checksum.to_le_bytes());
        frame
    }
}

#[cfg(test)]
mod tests;
