//! Accepted TCP connections: record, buffered reads with a deadline, lingering close.

pub(crate) mod connection;
pub(crate) mod lingering_close;
pub(crate) mod recv_buffer;
