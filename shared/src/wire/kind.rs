//! The kinds of frames, as they stand on the wire. Requests are below `0x80`, replies above.

/// Request: who I am and which version I speak; the first message.
pub const HELLO: u8 = 0x01;
/// Request: the next page of the catalogue.
pub const LIST: u8 = 0x02;
/// Request: this file is meant from now on.
pub const OPEN: u8 = 0x03;
/// Request: a run of packets.
pub const RUN: u8 = 0x04;
/// Request: the beginning of one of n equal segments.
pub const SEGMENT: u8 = 0x05;
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
