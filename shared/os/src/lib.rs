//! System calls that std lacks, for every system that Lanes runs on.
//!
//! The engine and the server share this crate. It decides nothing: each function is one thing that the
//! systems do differently, with one comment for the difference. Calls that no safe crate wraps need
//! `unsafe`, which stands here and in no other place for Windows and macOS.

#![deny(unsafe_code)]

pub mod console;
pub mod descriptors;
pub mod file;
pub mod interface;
pub mod priority;
pub mod processor;
pub mod socket;
pub mod timer;
