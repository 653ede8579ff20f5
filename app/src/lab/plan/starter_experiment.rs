//! The default experiment: short, and with a clear curve.
//!
//! One megabyte over [`LINK`] takes four seconds with one connection and a third of a second with
//! fifty, so that fifteen runs and the warm-up end within half a minute. The packets are small
//! enough for each of fifty connections to get one.

use lanes_shared::link::presets::Preset;

/// The link: a cap on each connection, so that more connections help until the link is full.
pub const LINK: &str = "throttled-mirror";
/// The file, a sample that every Lanes server offers.
pub const FILE: &str = "sample-1MB.bin";
/// The packet length in bytes.
pub const PACKET_LEN: u32 = 16 << 10;

/// Returns the preset of [`LINK`].
pub fn link() -> Option<&'static Preset> {
    lanes_shared::link::presets::preset(LINK)
}
