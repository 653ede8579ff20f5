//! The emulated link: how TCP would behave over a path with a rate, a round trip, a buffer, losses
//! and a server's limits. One core, no clock of its own, two drivers.
//!
//! 1. [`LinkProfile`] is what a person writes (TOML); [`Link`] is the same, checked and in base
//!    units. Nothing but a `Link` reaches the model.
//! 2. [`Path`] is the core: one bottleneck and the flows that share it, in nanoseconds that the
//!    caller counts. The server drives it in real time, [`simulation`] as fast as it will go.
//! 3. [`predict`] asks it for completion times, [`limiting_factor`] says in closed form which limit binds.
//! 4. Every draw is a hash ([`random`]) of seed, flow key and sequence: the same seed gives the
//!    same losses, whatever order connections come in.

mod ack;
mod bottleneck;
mod congestion;
mod cubic;
mod event;
mod flow;
mod hystart;
pub mod limiting_factor;
mod loss;
mod params;
mod path;
pub mod predict;
pub mod presets;
pub mod profile;
mod profile_arg;
pub mod random;
mod receiver;
mod recovery;
mod rtt;
mod scoreboard;
mod sender;
pub mod simulation;
#[cfg(test)]
mod tests;
mod timer_queue;

pub use event::{Event, EventKind, FlowId};
pub use flow::FlowState;
pub use params::Link;
pub use path::Path;
pub use profile::{Congestion, LinkProfile, ProfileError};
pub use profile_arg::{parse_profile, parse_profile_arg, preset_ids, profile_name};

/// Nanoseconds since an origin of the caller's choosing.
pub type Ns = u64;

/// One second in [`Ns`].
pub const SECOND: Ns = 1_000_000_000;
/// Payload of a full TCP segment on an Ethernet path, in bytes (1500 minus IPv4, TCP and
/// timestamps).
pub const MSS: u64 = 1448;
/// What a segment costs on the link beside its payload, in bytes.
pub const HEADERS: u64 = 52;
/// A full segment on the link, in bytes.
pub const MTU: u64 = MSS + HEADERS;
/// Segments that a sender may send before the first acknowledgement (RFC 6928).
pub const INITIAL_WINDOW: u32 = 10;
/// The window of a connection whose profile gives none, in bytes (4 MiB): where the send buffer of
/// Linux stops growing (`net.ipv4.tcp_wmem`).
pub const DEFAULT_WINDOW: u64 = 4 << 20;

/// Seconds as [`Ns`], rounded; negative and not-a-number count as zero.
pub(crate) fn ns(secs: f64) -> Ns {
    // `as` saturates, which is what a far too long time should do.
    (secs * 1e9).round() as Ns
}

/// [`Ns`] as seconds.
pub fn secs(time: Ns) -> f64 {
    time as f64 / 1e9
}
