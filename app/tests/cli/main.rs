//! Runs the headless commands: the built program against a real server.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "test helpers may unwrap")]

#[path = "../../engine/tests/common/mod.rs"]
mod common;

mod browsers;
mod byte_gate;
mod compare;
mod generated;
mod get;
mod interrupt;
mod lesson;
mod link;
mod list;
mod usage;
mod user;
