//! The `lanes` program: runs a headless command, or opens the window without one.

use std::process::ExitCode;

use clap::Parser as _;
use lanes::{cli, ui};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    // No log by default: commands and screens report all that users need.
    let filter = std::env::var("RUST_LOG").ok();
    if let Some(targets) = filter.and_then(|text| text.parse::<Targets>().ok()) {
        // Reporting a failed write would write to the same stream and panic.
        let log = tracing_subscriber::fmt::layer()
            .log_internal_errors(false)
            .with_writer(std::io::stderr);
        tracing_subscriber::registry()
            .with(log)
            .with(targets)
            .init();
    }
    match args.command {
        Some(command) => cli::run(&command),
        None => match ui::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => cli::no_window(&error.to_string()),
        },
    }
}
