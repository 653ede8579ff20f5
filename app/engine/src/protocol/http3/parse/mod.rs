//! Frames, field sections and streams of HTTP/3 (RFC 9114) and QPACK (RFC 9204), which are untrusted.

pub(crate) mod field_section;
pub(crate) mod frame;
mod huffman;
pub(crate) mod response;
pub(crate) mod server_stream;
mod static_table;
mod varint;
pub(crate) mod violation;
