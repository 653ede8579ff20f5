//! The Lanes protocol, version 1: what the bytes on a connection mean. `shared/PROTOCOL.md`
//! describes it for people who write another client or server.
//!
//! 1. The codec does no I/O: bytes in, messages out, so that it is tested byte by byte.
//! 2. A length is checked before anyone takes memory for it: [`Header::parse`] refuses a frame
//!    that is too long for its kind.
//! 3. Every message has a checksum, and what was damaged on its way is told from what was never
//!    right ([`WireError::ChecksumMismatch`]): the one is worth another try, the other is not.
//! 4. A packet's bytes never pass through the codec: it reads the packet's head, and the caller
//!    moves the payload from the socket to the file.

mod cursor;
mod frame;
pub mod kind;
mod refusal;
mod reply;
mod request;

pub use frame::{Header, PacketHeader};
pub use refusal::Refusal;
pub use reply::{LinkReport, Opened, Reply};
pub use request::{Order, Request, RunRequest};

/// The first eight bytes of every Lanes connection. The first is not ASCII, so no HTTP method
/// begins like it; the line end shows a channel that rewrites line ends.
pub const MAGIC: [u8; 8] = *b"\x89LANES\r\n";
/// The version of the protocol spoken here.
pub const VERSION: u16 = 1;
/// The longest payload of a message that is no packet, in bytes (64 KiB).
pub const MAX_MESSAGE_LEN: u32 = 64 * 1024;
/// The length of a frame's header in bytes.
pub const HEADER_LEN: usize = 8;
/// The length of a packet's id, behind the frame's header, in bytes.
pub const PACKET_ID_LEN: usize = 8;

/// Why bytes are not a message of the Lanes protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The connection does not begin with [`MAGIC`].
    #[error("the other side does not speak the Lanes protocol")]
    BadMagic,
    /// The other side speaks another version.
    #[error("the other side speaks version {0} of the Lanes protocol, this one version {VERSION}")]
    Version(u16),
    /// The checksum is not that of the message.
    #[error("a message of kind {0:#04x} was damaged on its way")]
    ChecksumMismatch(u8),
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
    Truncated(u8),
    /// The payload goes on after the message has ended.
    #[error("a message of kind {0:#04x} has bytes left over")]
    TrailingBytes(u8),
    /// A field has a value that it cannot have.
    #[error("a message of kind {kind:#04x} has a wrong {field}")]
    InvalidField {
        /// Kind of the frame.
        kind: u8,
        /// Name of the field.
        field: &'static str,
    },
}

#[cfg(test)]
mod tests;
