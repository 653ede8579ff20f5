//! State that the workers of one download attempt share.
//!
//! Start with [`shared`]: a [`shared::Transfer`] has one part per lifetime, each in a file named
//! for it. [`plan`] is set once, [`scheduler`] is the one lock, [`counters`] are atomics,
//! [`events`] go to the coordinator, and [`duties`] are requests that one connection makes for all,
//! such as the revalidation of a complete file. The other modules add the operations that need several
//! parts; [`range_writer`] stores the bytes of one connection.
//!
//! Before the length is known there is only the specification. The first connection that learns the
//! length creates the file and cuts the segments; the others check that their servers report the
//! same file. A byte counts as present only after it is written and its packet is verified.

pub(crate) mod carried_state;
pub(crate) mod claims;
pub(crate) mod cold_cache_limit;
pub(crate) mod connection_count;
pub(crate) mod counters;
pub(crate) mod duties;
pub(crate) mod events;
pub(crate) mod length_request;
pub(crate) mod open_file;
pub(crate) mod outage;
pub(crate) mod overlap;
pub(crate) mod partial_packets;
pub(crate) mod plan;
pub(crate) mod range_writer;
mod requested_runs;
pub(crate) mod revalidation_duty;
pub(crate) mod scheduler;
pub(crate) mod shared;
mod sole_connection;
mod stream;
pub(crate) mod throttle;
mod unsized_file;
