//! Emulated link: a model of TCP over a path with a rate, a round-trip time, a buffer, losses and
//! server limits. It has one core without a clock and two drivers.
//!
//! 1. [`LinkProfile`] is the user's description (TOML); [`Link`] holds the same values, validated
//!    and in base units. The model accepts only a `Link`.
//! 2. [`Path`] is the core: one bottleneck and the flows that share it. Times are nanoseconds
//!    supplied by the caller. The server drives it in real time, [`simulation`] as fast as
//!    possible.
//! 3. [`predict`] simulates completion times, [`limiting_factor`] computes the binding limit in
//!    closed form.
//! 4. Every random draw is a hash ([`random`]) of seed, flow key and sequence number: the same seed
//!    gives the same losses, in whatever order connections arrive.

mod ack;
mod bbr;
mod bottleneck;
mod congestion;
mod cubic;
mod event;
pub mod event_log;
mod flow;
mod flow_log;
mod hystart;
mod late_arrivals;
pub mod limiting_factor;
mod loss;
pub mod packet_log;
mod params;
mod path;
pub mod pcapng;
mod policer;
pub mod predict;
pub mod presets;
pub mod profile;
mod profile_arg;
mod queue;
pub mod random;
mod receiver;
mod recovery;
mod reordering;
mod rtt;
mod scoreboard;
mod sender;
pub mod simulation;
#[cfg(test)]
mod tests;
mod timer_queue;
pub mod trace;
mod transit;
mod up_link;

pub use event::{Event, EventKind, FlowId};
pub use flow::FlowState;
pub use params::{Link, Step};
pub use path::Path;
pub use profile::{Congestion, LinkProfile, ProfileError, QueueDiscipline};
pub use profile_arg::{
    ProfileArgError, parse_profile, parse_profile_arg, preset_ids, profile_name,
};
pub use trace::{Trace, TraceError};

/// Nanoseconds since an origin chosen by the caller.
pub type Ns = u64;

/// One second in [`Ns`].
pub const SECOND: Ns = 1_000_000_000;
/// Payload of a full TCP segment on an Ethernet path, in bytes: the MTU minus the IPv4, TCP and
/// timestamp headers.
pub const MSS: u64 = 1448;
/// Header bytes of a TCP segment on the link.
pub const HEADERS: u64 = 52;
/// Length of a full packet on the link, in bytes.
pub const MTU: u64 = MSS + HEADERS;
/// Segments that a sender may send before the first acknowledgement (RFC 6928).
pub const INITIAL_WINDOW: u32 = 10;
/// Default window of a connection, in bytes (4 MiB): the limit of the send buffer in Linux
/// (`net.ipv4.tcp_wmem`).
pub const DEFAULT_WINDOW: u64 = 4 << 20;

/// Converts seconds to [`Ns`], rounded; negative values and NaN become zero.
pub(crate) fn ns(secs: f64) -> Ns {
    // `as` saturates, which is the intended result for a time out of range.
    (secs * 1e9).round() as Ns
}

/// Converts [`Ns`] to seconds.
pub fn secs(time: Ns) -> f64 {
    time as f64 / 1e9
}
