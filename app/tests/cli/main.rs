//! The headless commands, as a user runs them: the real program against a real server.
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;

mod compare;
mod gate;
mod get;
mod interrupt;
mod list;
mod user;
mod window;
