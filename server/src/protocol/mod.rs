//! The two application protocols, Lanes and HTTP, and the sending of responses.

pub(crate) mod close_reason;
pub(crate) mod http;
pub(crate) mod lanes;
pub(crate) mod transmit;
