//! Lanes: with arguments a headless command, without any the window.

use std::process::ExitCode;

use clap::Parser as _;
use lanes::{cli, ui};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    if std::env::var_os("RUST_LOG").is_some() {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::from_default_env())
            .with_writer(std::io::stderr)
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
