//! The experiment to begin with: short enough for a first look, and with a clear curve.
//!
//! One megabyte over [`LINK`] takes four seconds over one connection and a third of one over fifty:
//! with the warm-up fifteen runs end within half a minute. Its packets are small enough for fifty
//! connections to have one each.

use lanes_shared::link::presets::Preset;

/// The link: a cap on each connection, so that more of them help until the link is full.
pub const LINK: &str = "throttled-mirror";
/// The file, a sample of every Lanes server.
pub const FILE: &str = "sample-1MB.bin";
/// The packet length in bytes.
pub const PACKET_LEN: u32 = 16 << 10;

/// The link as a preset.
pub fn link() -> Option<&'static Preset> {
    lanes_shared::link::presets::preset(LINK)
}
