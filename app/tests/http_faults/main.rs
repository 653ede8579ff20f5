//! What a hostile HTTP server, a killed process, a full disk and real servers do to `lanes get`.
//!
//! Read in this order: [`language`] (what a scenario can say), [`table`] (the scenarios), [`faults`]
//! (the test that runs each of them over 1, 5 and 20 connections). [`server`] acts a scenario out;
//! [`verdict`] judges what the program left behind, by its bytes.
//!
//! [`interrupted`], [`disk_full`], [`strangers`], [`mirrors`], [`metalink`], [`several`] and [`real`] need more than a line of the table.
//!
//! ```text
//! cargo test -p lanes --test http_faults                          # everything
//! LANES_FAULT=stall cargo test -p lanes --test http_faults table  # scenarios with `stall` in the name
//! cargo test -p lanes --test http_faults peers -- --ignored --nocapture   # how other programs fare
//! ```
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "helpers of tests are tests too"
)]

mod answer;
mod content;
mod deliver;
mod disk_full;
mod faults;
mod interrupted;
mod language;
mod metalink;
mod mirrors;
mod peers;
mod pool;
mod program;
mod real;
mod request;
mod sandbox;
mod self_test;
mod server;
mod several;
mod strangers;
mod table;
mod verdict;
