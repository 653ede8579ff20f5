//! Accepted TCP connections: record, network and state of the client, buffered
//! reads with a deadline, lingering close.

pub(crate) mod client_net;
pub(crate) mod connection;
pub(crate) mod lingering_close;
pub(crate) mod peer_state;
pub(crate) mod recv_buffer;
