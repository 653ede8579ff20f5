//! The `lanes` program: runs a headless command, or opens the window without one.

use std::process::ExitCode;

use lanes::{cli, ui};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Open files that the program asks the system for: 20 downloads over 64 connections, and the local server.
const MAX_OPEN_FILES: u64 = 4096;

/// Makes a write beyond the limit of the process (`ulimit -f`) an error that can be reported. Without a
/// handler, SIGXFSZ ends the process without a word.
#[cfg(unix)]
fn report_large_files() {
    // A handler, because the programs that Lanes starts would inherit an ignored signal.
    let is_caught = std::sync::Arc::default();
    // Without the handler, files within the limit are written all the same.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, is_caught);
}

/// Shows links in the window that is open, gives them to the running daemon, or opens the window.
fn open(links: &[String], is_minimized: bool) -> ExitCode {
    if ui::hand_over(links) {
        return ExitCode::SUCCESS;
    }
    if let Some(code) = cli::give_to_daemon(links) {
        return code;
    }
    match ui::run(links, is_minimized) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::no_window(&error.to_string()),
    }
}

fn main() -> ExitCode {
    #[cfg(unix)]
    report_large_files();
    let args = cli::parse(std::env::args_os());
    // Each connection takes two descriptors: macOS begins with 256, most Linux systems with 1,024.
    lanes_os::descriptors::raise_limit(MAX_OPEN_FILES);
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
        None => {
            let links: Vec<String> = args.links.into_iter().map(|link| link.0).collect();
            open(&links, args.minimized)
        }
    }
}
