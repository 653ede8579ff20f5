//! HTTP over real sockets, as RFC 9110 and RFC 9112 specify.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

#[path = "../common/mod.rs"]
mod common;

mod bodies;
mod conditions;
mod connections;
mod errors;
mod metadata;
mod paths;
mod ranges;

use std::time::{Duration, SystemTime};

use common::noise;
use lanes_server::{Config, Server, Timeouts};

fn bundled() -> Server {
    Server::start(common::config(None)).unwrap()
}

fn with_short_timeouts() -> Server {
    let timeouts = Timeouts {
        request: Duration::from_secs(1),
        idle: Duration::from_secs(1),
        ..Timeouts::default()
    };
    Server::start(Config {
        timeouts,
        ..common::config(None)
    })
    .unwrap()
}

/// Creates a folder with a file `x` of 1000 bytes that was modified long ago.
fn folder() -> (tempfile::TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let bytes = noise(1000);
    std::fs::write(dir.path().join("x"), &bytes).unwrap();
    let file = std::fs::File::options()
        .write(true)
        .open(dir.path().join("x"));
    let long_ago = SystemTime::now() - Duration::from_secs(1000);
    file.unwrap().set_modified(long_ago).unwrap();
    (dir, bytes)
}
