//! Behaviour of the engine over a faulty link and against a hostile Lanes server.
//!
//! 1. [`faulty_link`]: a [`fault_proxy`] between the engine and a real server flips bits, closes, resets,
//!    stalls, delays, reorders, duplicates and drops, in both directions, as a seed determines
//!    ([`wire_faults`]).
//! 2. [`slow_connection`]: one connection of several stalls forever or is slow; the download is not delayed.
//! 3. [`malformed_frames`], [`unexpected_replies`], [`opened_reply`], [`bad_packets`], [`bad_streams`],
//!    [`refusals`], [`catalogue`]: a scripted [`hostile_server`] sends extreme values in every field, wrong
//!    data and replies that were not requested ([`scenario`]).
//! 4. [`peak_memory`]: a faulty link does not increase memory use.
//!
//! Every run ends with the correct bytes or a readable error within [`outcome::LIMIT`].
//!
//! ```text
//! cargo test -p lanes-engine --test hostile_wire
//! LANES_SEED=17 cargo test -p lanes-engine --test hostile_wire every_seed    # repeat one seed
//! ```
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/job_pool.rs"]
mod job_pool;

mod bad_packets;
mod bad_streams;
mod catalogue;
mod fault_proxy;
mod faulty_link;
mod hostile_server;
mod malformed_frames;
mod opened_reply;
mod outcome;
#[cfg(target_os = "linux")]
mod peak_memory;
mod refusals;
mod results;
mod scenario;
mod slow_connection;
mod unexpected_replies;
mod wire_faults;
