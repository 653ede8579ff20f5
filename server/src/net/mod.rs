//! Sockets: buffered reads with a deadline, and the lingering close.

pub(crate) mod connection;
pub(crate) mod lingering_close;
pub(crate) mod recv_buffer;
