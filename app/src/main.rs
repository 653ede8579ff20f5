//! Lanes: with arguments a headless command, without any the window.

use std::process::ExitCode;

use clap::Parser as _;
use lanes::{cli, ui};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    // Silent unless asked: what a user needs to know is said by the commands and screens.
    let wanted = std::env::var("RUST_LOG").ok();
    if let Some(targets) = wanted.and_then(|text| text.parse::<Targets>().ok()) {
        // Where the log cannot be written it cannot be complained about either: that would panic.
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
