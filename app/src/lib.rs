//! Lanes: an Internet Download Manager simulator that also downloads for real.
//!
//! Arrows point one way: `ui → engine`, `cli → engine, lab`, `lab → engine`. Only [`ui`] knows egui.

pub mod cli;
mod date;
pub mod lab;
pub mod ui;
