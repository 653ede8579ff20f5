//! What a bad wire and a hostile Lanes server do to the engine.
//!
//! 1. [`bad_wire`]: a [`proxy`] stands between the engine and a real server and flips bits, cuts, resets,
//!    stalls, delays, reorders, repeats and drops, in both directions, as a seed has it ([`fate`]).
//! 2. [`slow`]: one connection of several that stalls for ever, or crawls, holds nothing up.
//! 3. [`frames`], [`conversation`], [`opened`], [`packets`], [`streams`], [`refusals`], [`catalogue`]:
//!    a server written by hand ([`hostile`]) that puts every field of every frame to its extremes,
//!    and says what is not so or what nobody asked for ([`scenario`]).
//! 4. [`memory`]: all that needs no more memory than a good wire.
//!
//! Every run ends in the right bytes or in a failure in words, within [`judge::LIMIT`].
//!
//! ```text
//! cargo test -p lanes --test hostile_wire
//! LANES_SEED=17 cargo test -p lanes --test hostile_wire any_seed    # one seed again
//! ```
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../http_faults/pool.rs"]
mod pool;

mod bad_wire;
mod catalogue;
mod conversation;
mod fate;
mod frames;
mod hostile;
mod judge;
#[cfg(target_os = "linux")]
mod memory;
mod opened;
mod packets;
mod proxy;
mod refusals;
mod scenario;
mod slow;
mod streams;
