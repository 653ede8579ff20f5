//! A race: the same file over one and over several connections at the same time, each across its own emulated
//! link of the same profile. Both are real downloads by the engine, into folders that are deleted afterwards.

mod race_thread;
pub mod report;

pub use race_thread::{Race, RaceError, Racer, RacerState};

use lanes_shared::link::presets::{Preset, SLOW_MOTION};

/// Preset of the link.
pub const LINK: &Preset = &SLOW_MOTION;
/// The file, the bundled picture that every server without a folder of its own offers.
pub const FILE: &str = "Data.jpg";
/// Numbers of connections.
pub const COUNTS: [u16; 2] = [1, 8];
/// Packet length in bytes: short enough for each packet to be a small part of the picture.
pub const PACKET_LEN: u32 = 16 << 10;
