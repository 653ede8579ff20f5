//! HTTP/1.1 and HTTP/1.0 on the port of the Lanes protocol: GET and HEAD, so that any client can
//! be put through the same emulated link.

pub mod codec;
pub(crate) mod connection;
pub(crate) mod index_page;
mod resource;

pub(crate) use self::connection::{serve, turn_away};
