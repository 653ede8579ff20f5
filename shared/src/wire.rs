//! Codec of the Lanes protocol, version 1. `shared/PROTOCOL.md` is the specification for authors of
//! another client or server.
//!
//! 1. The codec does no I/O: it converts between bytes and messages, and is tested byte by byte.
//! 2. A length is checked before memory is allocated for it: [`Header::parse`] rejects a frame that
//!    is too long for its kind.
//! 3. Every message has a checksum, so corruption in transit ([`WireError::ChecksumMismatch`]),
//!    which is worth a retry, is distinct from an invalid message, which is not.
//! 4. The bytes of a packet do not pass through the codec: it parses the packet's header, and the
//!    caller moves the payload from the socket to the file.

mod class_result;
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

/// First eight bytes of every Lanes connection. The first byte is not ASCII, so it cannot start an
/// HTTP method; the CR LF exposes a channel that rewrites line ends.
pub const MAGIC: [u8; 8] = *b"\x89LANES\r\n";
/// Supported version of the protocol.
pub const VERSION: u16 = 1;
/// Maximum payload of a message other than PACKET, in bytes (64 KiB).
pub const MAX_MESSAGE_LEN: u32 = 64 * 1024;
/// Maximum payload of a RESULT, in bytes (32 KiB): its texts and values at their bounds.
pub const MAX_RESULT_LEN: u32 = 32 * 1024;
/// Length of a frame header, in bytes.
pub const HEADER_LEN: usize = 8;
/// Length of the packet id, which follows the frame header, in bytes.
pub const PACKET_ID_LEN: usize = 8;

/// Error for bytes that are not a valid message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The connection does not begin with [`MAGIC`].
    #[error("peer does not speak the Lanes protocol")]
    BadMagic,
    /// The peer speaks another version.
    #[error("peer speaks version {0} of the Lanes protocol, expected version {VERSION}")]
    Version(u16),
    /// The checksum does not match the message.
    #[error("message of kind {0:#04x} is corrupted: checksum mismatch")]
    ChecksumMismatch(u8),
    /// The kind is unknown.
    #[error("unknown message kind {0:#04x}")]
    UnknownKind(u8),
    /// The frame exceeds the maximum length of its kind.
    #[error("message of kind {kind:#04x} is too long: {len} bytes")]
    TooLong {
        /// Kind of the frame.
        kind: u8,
        /// Length of its payload, in bytes.
        len: u32,
    },
    /// The payload ends before the message does.
    #[error("message of kind {0:#04x} is truncated")]
    Truncated(u8),
    /// The payload continues after the end of the message.
    #[error("message of kind {0:#04x} has trailing bytes")]
    TrailingBytes(u8),
    /// A field has an invalid value.
    #[error("message of kind {kind:#04x} has an invalid {field}")]
    InvalidField {
        /// Kind of the frame.
        kind: u8,
        /// Name of the field.
        field: &'static str,
    },
}

#[cfg(test)]
mod tests;
