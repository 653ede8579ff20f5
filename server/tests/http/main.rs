//! HTTP over real sockets: what RFC 9110 and RFC 9112 promise a client.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

#[path = "../common/mod.rs"]
mod common;

mod bodies;
mod conditions;
mod connections;
mod fields;
mod names;
mod ranges;
mod refusals;

use std::time::{Duration, SystemTime};

use common::noise;
use lanes_server::{Config, Server, Timeouts};

fn bundled() -> Server {
    Server::start(common::config(None)).unwrap()
}

fn hasty() -> Server {
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

/// A folder with one file `x` of 1000 bytes, changed long ago.
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
