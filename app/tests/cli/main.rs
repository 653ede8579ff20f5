//! The headless commands, as a user runs them: the real program against a real server.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "../common/mod.rs"]
mod common;

mod byte_gate;
mod compare;
mod get;
mod interrupt;
mod link;
mod list;
mod usage;
mod user;
