//! Lanes: a download manager and TCP link simulator.
//!
//! Dependencies point one way: `ui → engine`, `cli → engine, lab`, `lab → engine`. Only [`ui`] uses
//! egui.

mod bounded_text;
pub mod cli;
mod date;
mod forwarded_headers;
mod instance;
pub mod lab;
mod metalink_path;
mod pasted;
mod rpc;
pub mod ui;
