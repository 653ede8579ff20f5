//! State that the workers of one download attempt share.
//!
//! Start with [`shared`]: a [`shared::Transfer`] has one part per lifetime, each in a file named
//! for it. [`transfer_context`] is set once, [`shared_scheduler`] is the one lock, [`counters`] are atomics,
//! [`events`] go to the coordinator, and [`one_time_requests`] are requests that one connection makes for all,
//! such as the revalidation of a complete file. The other modules add the operations that need several
//! parts; [`range_writer`] stores the bytes of one connection.
//!
//! Before the length is known there is only the specification. The first connection that learns the
//! length creates the file and cuts the segments; the others check that their servers report the
//! same file. A byte counts as present only after it is written and its packet is verified.

pub(crate) mod bandwidth_limits;
pub(crate) mod carried_state;
pub(crate) mod claims;
pub(crate) mod cold_cache_limit;
pub(crate) mod counters;
pub(crate) mod events;
pub(crate) mod final_recheck_claim;
pub(crate) mod initial_connection_count;
pub(crate) mod length_request_claim;
pub(crate) mod one_time_requests;
pub(crate) mod outage;
mod outstanding_requests;
pub(crate) mod overlap;
pub(crate) mod partial_packets;
mod pipe_output;
pub(crate) mod range_writer;
pub(crate) mod resume_or_create;
pub(crate) mod shared;
pub(crate) mod shared_scheduler;
mod sole_connection;
mod taken_over_file;
pub(crate) mod transfer_context;
mod unsized_file;
