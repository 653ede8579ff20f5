//! The Lanes protocol: requests in, replies out.

pub(crate) mod connection;
pub(crate) mod requests;

pub(crate) use connection::{serve, turn_away};
