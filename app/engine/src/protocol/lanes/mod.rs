//! The Lanes protocol, client side.

pub(crate) mod catalogue;
pub mod connection;
pub(crate) mod worker;
