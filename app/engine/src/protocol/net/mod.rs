//! Sockets: connecting, receive low-water mark, idle timeouts.

pub(crate) mod idle_timeout;
pub(crate) mod rcvlowat;
pub(crate) mod tcp;
