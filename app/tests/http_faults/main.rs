//! Behaviour of `lanes get` against faulty HTTP servers, kills, full disks and real web servers.
//!
//! Start with [`scenario`] (the types that describe a fault), then [`scenarios`] (the list of faults) and
//! [`fault_matrix`] (the test that runs each scenario over 1, 5 and 20 connections). [`fault_server`]
//! serves a scenario; [`assertions`] compares the files and the exit code with the expected outcome.
//!
//! [`changed_files`], [`resume`], [`unfinished_files`], [`checksums_beside`], [`files_beside`], [`disk_full`], [`credentials`], [`cookie_files`], [`proxies`],
//! [`tls`], [`secrets`], [`mirrors`], [`metalink`], [`portals`], [`web_documents`], [`connection_reuse`] and
//! [`real_servers`] contain the tests that need more than one scenario.
//!
//! ```text
//! cargo test -p lanes --test http_faults                                        # everything
//! LANES_FAULT=stall cargo test -p lanes --test http_faults fault_matrix         # names that contain `stall`
//! cargo test -p lanes --test http_faults other_clients -- --ignored --nocapture # curl, wget2, aria2c, …
//! ```
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "test helpers may panic and print"
)]

mod assertions;
mod changed_files;
mod checksums_beside;
mod connection_reuse;
mod content;
mod cookie_files;
mod credentials;
mod digest;
mod disk_full;
mod fault_matrix;
mod fault_server;
mod files_beside;
#[path = "../../engine/tests/common/job_pool.rs"]
mod job_pool;
mod metalink;
mod mirrors;
mod other_clients;
mod outage;
mod portals;
mod process;
mod proxies;
mod real_servers;
mod request;
mod response;
mod response_writer;
mod resume;
mod sandbox;
mod scenario;
mod scenarios;
mod secrets;
mod server_progress;
mod server_self_test;
mod tls;
mod unfinished_files;
mod web_documents;
