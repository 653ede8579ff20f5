//! Code that the Lanes client and server share: packets, segments, wire format, checksums and the
//! model of a TCP path. No I/O, no threads, no clock.
//!
//! Every item is a pure function of its inputs, so the client, the server, the tests and the
//! prediction run the same code.

#![forbid(unsafe_code)]

pub mod catalog;
pub mod checksum;
pub mod class_result;
pub mod endgame;
pub mod lesson;
pub mod link;
pub mod own_names;
pub mod packet;
pub mod quantile;
pub mod request_window;
pub mod sample;
pub mod segments;
pub mod shuffle;
pub mod size;
mod toml_lines;
pub mod visible_text;
pub mod wire;

/// Default port of the Lanes server, inherited from the teaching program that Lanes grew from.
pub const DEFAULT_PORT: u16 = 5115;
