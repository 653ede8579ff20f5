//! Reasons to refuse a plan.

use lanes_engine::SpecError;

use super::limits::{MAX_ROUNDS, MAX_SIDE_BY_SIDE};

/// Why plans cannot be run. The texts name the change that helps.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The list of plans is empty.
    #[error("there is nothing to run")]
    Empty,
    /// More plans than can run side by side.
    #[error("{0} experiments side by side: choose {MAX_SIDE_BY_SIDE} at most")]
    TooMany(usize),
    /// The plans do not all sweep the same parameter.
    #[error("experiments side by side must sweep the same parameter")]
    MixedSweeps,
    /// The named parameter has no value.
    #[error("no value to run: give at least one for {0}")]
    NoValue(&'static str),
    /// A value is listed twice.
    #[error("{0} is given twice: give each value once")]
    Duplicate(String),
    /// A value is outside the range of its parameter.
    #[error("{value} for {parameter}: choose {low} to {high}")]
    OutOfRange {
        /// The value.
        value: u64,
        /// The swept parameter.
        parameter: &'static str,
        /// The smallest value allowed.
        low: u64,
        /// The largest value allowed.
        high: u64,
    },
    /// The number of rounds is 0 or too large.
    #[error("{0} rounds: choose 1 to {MAX_ROUNDS}")]
    Rounds(u32),
    /// The named mode uses one connection, but the plan compares several.
    #[error("mode {0} uses one connection: choose mode parallel to compare connections")]
    SingleConnection(&'static str),
    /// Links are swept, and a link for every run is set too.
    #[error("the links are compared: leave out the link of every run")]
    LinkTwice,
    /// Mode stream has no packets whose length could be swept.
    #[error("mode stream has no packets: choose mode packets or parallel to compare packet sizes")]
    NoPackets,
    /// An HTTP server cannot send numbered packets.
    #[error("mode packets needs a Lanes server: choose mode parallel for an HTTP server")]
    PacketsOverHttp,
    /// The named parameter cannot be swept with an HTTP server.
    #[error("to compare by {0} needs a Lanes server: compare connections with an HTTP server")]
    SweepOverHttp(&'static str),
    /// HTTP/3 is requested for another source.
    #[error("HTTP/3 needs an https:// link: leave it out for this one")]
    Http3WithoutHttps,
    /// The download of a value is invalid.
    #[error(transparent)]
    Download(#[from] SpecError),
}
