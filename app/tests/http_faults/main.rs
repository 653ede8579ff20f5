//! What a hostile HTTP server, a killed process, a full disk and real servers do to `lanes get`.
//!
//! Read in this order: [`scenario`] (what a scenario can say), [`scenarios`] (the scenarios), [`fault_matrix`]
//! (the test that runs each of them over 1, 5 and 20 connections). [`fault_server`] acts a scenario out;
//! [`assertions`] judges what the program left behind, by its bytes.
//!
//! [`resume`], [`disk_full`], [`credentials`], [`mirrors`], [`metalink`], [`connection_reuse`] and [`real_servers`] need more than a line of the table.
//!
//! ```text
//! cargo test -p lanes --test http_faults                          # everything
//! LANES_FAULT=stall cargo test -p lanes --test http_faults table  # scenarios with `stall` in the name
//! cargo test -p lanes --test http_faults other_clients -- --ignored --nocapture   # how other programs fare
//! ```
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "helpers of tests are tests too"
)]

mod assertions;
mod connection_reuse;
mod content;
mod credentials;
mod disk_full;
mod fault_matrix;
mod fault_server;
mod job_pool;
mod metalink;
mod mirrors;
mod other_clients;
mod process;
mod real_servers;
mod request;
mod response;
mod response_writer;
mod resume;
mod sandbox;
mod scenario;
mod scenarios;
mod server_self_test;
