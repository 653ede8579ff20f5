//! Runs `lanes serve` as a process and speaks to it as clients of aria2 do.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "test helpers may unwrap")]

#[path = "../cli/byte_gate.rs"]
mod byte_gate;
#[path = "../../engine/tests/common/mod.rs"]
mod common;

mod bad_input;
mod client;
mod commands;
mod daemon;
mod extensions;
mod file_server;
mod front_ends;
mod restart;
