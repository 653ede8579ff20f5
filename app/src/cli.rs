//! Headless commands, for scripts and for machines without a display.
//!
//! Results go to the standard output, progress and errors to the standard error.

mod args;
mod chart;
mod compare;
mod completions;
mod daemon_client;
mod failure;
mod get;
mod hosts;
mod http_args;
mod integrate;
mod interrupt;
mod lesson;
mod list;
mod man;
mod native_host;
mod predict;
mod progress;
mod queue_commands;
mod secret;
mod serve;
mod suggest;
mod table;
mod terminal;
mod time_args;
mod window_link;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::browsers;
pub use window_link::WindowLink;

/// Downloads files over many connections at once and measures what more connections gain.
///
/// Without a command, the window opens; if it is open, it takes the links.
#[derive(Debug, Parser)]
#[command(name = "lanes", version, after_help = EXAMPLES, disable_help_subcommand = true)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// Links and Metalink files to show in the window
    #[arg(value_name = "LINK", value_parser = args::parsed::<WindowLink>())]
    pub links: Vec<WindowLink>,
    /// Open the window minimized, as at a login
    #[arg(long)]
    pub minimized: bool,
    /// The command; without one, the window opens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "Examples:
  lanes
  lanes https://example.org/file.iso
  lanes list lanes://127.0.0.1:5115
  lanes get lanes://127.0.0.1:5115/Data.jpg
  lanes get https://example.org/file.iso --connections auto
  lanes compare lanes://127.0.0.1:5115/sample-100MiB.bin --svg plot.svg
  lanes predict throttled-mirror --size 20MB
  lanes lesson slow-start
  lanes serve --dir downloads/";

/// A headless command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Download a file
    Get(Box<get::GetArgs>),
    /// List or forget the servers that accept few connections
    Hosts(hosts::HostsArgs),
    /// List the files of a server
    List(list::ListArgs),
    /// Download a file repeatedly with different numbers of connections and compare the times
    Compare(Box<compare::CompareArgs>),
    /// Predict the completion time over an emulated link, without a download
    Predict(Box<predict::PredictArgs>),
    /// Answer a question about downloads by a guess, a simulated experiment and its explanation
    Lesson(lesson::LessonArgs),
    /// Run a daemon with a queue that browser extensions and front ends for aria2 can use
    Serve(Box<serve::ServeArgs>),
    /// Add downloads to a running daemon
    Add(queue_commands::AddArgs),
    /// List the downloads of a running daemon
    Status(queue_commands::StatusArgs),
    /// Pause downloads of a running daemon
    Pause(queue_commands::GidArgs),
    /// Resume paused downloads of a running daemon
    Resume(queue_commands::GidArgs),
    /// Remove downloads from a running daemon; files stay
    Remove(queue_commands::GidArgs),
    /// Connect browsers, so that their downloads go to Lanes
    Integrate(integrate::IntegrateArgs),
    /// Take downloads from the browser extension, which starts this command
    NativeHost(native_host::NativeHostArgs),
    /// Print a script that completes the arguments in a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write the pages of all commands to a folder
    Man(man::ManArgs),
}

/// Parses the arguments of the program. Browsers start it without a command, as the manifest of a native
/// messaging host names none.
pub fn parse(args: impl Iterator<Item = OsString>) -> Args {
    let mut args: Vec<OsString> = args.collect();
    if browsers::is_call_of_browser(&args) {
        args.insert(1, "native-host".into());
    }
    Args::parse_from(args)
}

/// Runs a command, prints its error, and returns the exit code: 0 success, 1 failure, 2 usage error,
/// 130 interrupted.
pub fn run(command: &Command) -> ExitCode {
    let result = match command {
        Command::Get(args) => get::run(args),
        Command::Hosts(args) => hosts::run(args),
        Command::List(args) => list::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Lesson(args) => lesson::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Add(args) => queue_commands::add(args),
        Command::Status(args) => queue_commands::status(args),
        Command::Pause(args) => queue_commands::each(args, "aria2.forcePause"),
        Command::Resume(args) => queue_commands::each(args, "aria2.unpause"),
        Command::Remove(args) => queue_commands::remove(args),
        Command::Integrate(args) => integrate::run(args),
        Command::NativeHost(args) => native_host::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Adds links to the daemon of this user, if one is running and there are links. Prints the id of each download
/// and returns the exit code; `None` if there is no daemon.
pub fn give_to_daemon(links: &[String]) -> Option<ExitCode> {
    let given = queue_commands::give(links)?;
    Some(given.map_or_else(failure::Failure::report, |()| ExitCode::SUCCESS))
}

/// Prints why the window cannot open and which commands work without one.
pub fn no_window(reason: &str) -> ExitCode {
    failure::Failure::failed(format!(
        "{reason}; `lanes get`, `lanes list`, `lanes compare`, `lanes predict` and `lanes lesson` work without a window (see `lanes --help`)"
    ))
    .report()
}
