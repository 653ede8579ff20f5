//! What both sides of Lanes must agree on, without any I/O, thread or clock.
//!
//! Everything here is a pure function of its inputs, so the client, the server, the tests and the
//! prediction all run the very same code.

#![forbid(unsafe_code)]

pub mod catalog;
pub mod checksum;
pub mod endgame;
pub mod link;
pub mod packet;
pub mod quantile;
pub mod request_window;
pub mod sample;
pub mod segments;
pub mod shuffle;
pub mod size;
pub mod wire;

/// The port of the Lanes server, as in the teaching program that Lanes grew from.
pub const DEFAULT_PORT: u16 = 5115;
