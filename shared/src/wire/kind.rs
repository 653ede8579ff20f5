//! Frame kinds. Requests are below `0x80`, replies above.

/// Request: session id and protocol version; the first message.
pub const HELLO: u8 = 0x01;
/// Request: next page of the catalogue.
pub const LIST: u8 = 0x02;
/// Request: open a file for the requests that follow.
pub const OPEN: u8 = 0x03;
/// Request: a run of packets.
pub const RUN: u8 = 0x04;
/// Request: the start of one of n equal segments.
pub const SEGMENT: u8 = 0x05;
/// Request: the file as plain bytes.
pub const STREAM: u8 = 0x06;
/// Request: digest of the file.
pub const DIGEST: u8 = 0x07;
/// Request: accuracy of the link emulation.
pub const LINK_REPORT: u8 = 0x08;
/// Request: keep the result of an experiment for the class.
pub const RESULT: u8 = 0x09;
/// Reply: hello accepted.
pub const WELCOME: u8 = 0x81;
/// Reply: a page of the catalogue.
pub const CATALOGUE: u8 = 0x82;
/// Reply: properties of the opened file.
pub const OPENED: u8 = 0x83;
/// Reply: one packet.
pub const PACKET: u8 = 0x84;
/// Reply: plain bytes follow.
pub const STREAMING: u8 = 0x85;
/// Reply: digest of the file, or the progress of hashing it.
pub const DIGEST_IS: u8 = 0x86;
/// Reply: accuracy of the link emulation.
pub const LINK_REPORT_IS: u8 = 0x87;
/// Reply: the result is kept.
pub const RESULT_KEPT: u8 = 0x88;
/// Reply: request refused, with the reason.
pub const REFUSED: u8 = 0xFF;
