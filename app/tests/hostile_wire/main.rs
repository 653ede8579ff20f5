//! What a bad wire and a hostile Lanes server do to the engine.
//!
//! 1. [`faulty_link`]: a [`fault_proxy`] stands between the engine and a real server and flips bits, cuts, resets,
//!    stalls, delays, reorders, repeats and drops, in both directions, as a seed has it ([`wire_faults`]).
//! 2. [`slow_connection`]: one connection of several that stalls for ever, or crawls, holds nothing up.
//! 3. [`malformed_frames`], [`unexpected_replies`], [`opened_reply`], [`bad_packets`], [`bad_streams`], [`refusals`], [`catalogue`]:
//!    a server written by hand ([`hostile_server`]) that puts every field of every frame to its extremes,
//!    and says what is not so or what nobody asked for ([`scenario`]).
//! 4. [`peak_memory`]: all that needs no more memory than a good wire.
//!
//! Every run ends in the right bytes or in a failure in words, within [`outcome::LIMIT`].
//!
//! ```text
//! cargo test -p lanes --test hostile_wire
//! LANES_SEED=17 cargo test -p lanes --test hostile_wire any_seed    # one seed again
//! ```
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../http_faults/job_pool.rs"]
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
mod scenario;
mod slow_connection;
mod unexpected_replies;
mod wire_faults;
