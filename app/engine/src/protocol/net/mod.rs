//! TCP sockets as both protocols use them: connecting, the receive low-water mark, the idle
//! timeout.

pub(crate) mod happy_eyeballs;
pub(crate) mod idle_timeout;
pub(crate) mod rcvlowat;
pub(crate) mod recent_addresses;
pub(crate) mod tcp;
pub(crate) mod way_binding;
