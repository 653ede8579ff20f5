//! Headless commands: what the window can do, for scripts and for machines without a display.
//!
//! What a command found goes to the standard output, how it is getting on to the standard error.

mod args;
mod chart;
mod compare;
mod failure;
mod get;
mod http_args;
mod interrupt;
mod list;
mod predict;
mod progress;
mod suggest;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Downloads files over many connections at once, and shows what more connections bring.
///
/// Without a command the window opens.
#[derive(Debug, Parser)]
#[command(name = "lanes", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Args {
    /// What to do; nothing opens the window.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "Examples:
  lanes
  lanes list lanes://127.0.0.1:5115
  lanes get lanes://127.0.0.1:5115/Data.jpg
  lanes get https://example.org/file.iso --connections auto
  lanes compare lanes://127.0.0.1:5115/sample-100MiB.bin --svg plot.svg
  lanes predict throttled-mirror --size 20MB";

/// One headless command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Download one file
    Get(get::GetArgs),
    /// List the files of a server
    List(list::ListArgs),
    /// Download a file again and again over different numbers of connections, and compare
    Compare(compare::CompareArgs),
    /// Say how long a download over a link would take, without downloading anything
    Predict(predict::PredictArgs),
}

/// Carries out a command, says what went wrong, and gives the code to exit with: 0 done, 1 failed,
/// 2 usage, 130 interrupted.
pub fn run(command: &Command) -> ExitCode {
    let result = match command {
        Command::Get(args) => get::run(args),
        Command::List(args) => list::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Predict(args) => predict::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Says why there is no window and what there is instead.
pub fn no_window(reason: &str) -> ExitCode {
    failure::Failure::Failed(format!(
        "{reason}; `lanes get`, `lanes list`, `lanes compare` and `lanes predict` work without one (see `lanes --help`)"
    ))
    .report()
}
