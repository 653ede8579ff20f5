//! Lanes: a download manager and TCP link simulator.
//!
//! Dependencies point one way: `ui → engine`, `cli → engine, lab`, `lab → engine`. Only [`ui`] uses
//! egui.

mod autostart;
mod bounded_text;
mod browsers;
pub mod cli;
mod date;
mod forwarded_headers;
mod handed_download;
mod instance;
pub mod lab;
mod link_list;
mod link_pattern;
mod metalink_path;
mod native_host;
mod own_program;
mod pasted;
mod power;
mod rpc;
mod schedule;
pub mod ui;
