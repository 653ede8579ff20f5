//! The program `lanes-server`: parses arguments and runs a [`Server`] until a signal.

use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser};
use clap_complete::Shell;
use lanes_server::{Config, ResultCollection, Server, ServerError};
use lanes_shared::link::{self, LinkProfile};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Serve files and generated samples over the Lanes protocol and HTTP
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder whose files are served [default: the bundled pictures]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:5115")]
    listen: SocketAddr,
    /// Maximum number of connections that are served at the same time
    #[arg(long, value_name = "N", default_value_t = 256)]
    max_connections: usize,
    /// Do not serve generated sample files
    #[arg(long)]
    no_samples: bool,
    /// Emulate this link for clients without a link profile of their own: the name of a preset or
    /// a file with a link profile
    #[arg(long, value_name = "PRESET|FILE.toml", value_parser = link_profile)]
    link: Option<LinkProfile>,
    /// Refuse clients with a link profile of their own
    #[arg(long)]
    fixed_link: bool,
    /// Keep the results that `lanes compare --send-results` and the Compare screen send, in this file: CSV if
    /// its name ends in .csv, else JSON, which is continued if it exists
    #[arg(long, value_name = "FILE")]
    collect: Option<PathBuf>,
    /// Write the packets that emulated links carry to this file as pcapng, for Wireshark: the first
    /// 500,000, each session's when it ends
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Print a script that completes these options in a shell, and exit
    #[arg(long, value_name = "SHELL", exclusive = true)]
    completions: Option<Shell>,
    /// Print the manual page, and exit
    #[arg(long, exclusive = true)]
    man: bool,
}

/// Exit code after a second signal: 128 + SIGINT, as a shell reports it.
const SECOND_SIGNAL: i32 = 130;

/// Maximum time from the first signal to the end of the program.
const MAX_STOP: Duration = Duration::from_millis(4900);

/// Parses the argument of `--link`.
fn link_profile(text: &str) -> Result<LinkProfile, link::ProfileArgError> {
    link::parse_profile_arg(text, |path| std::fs::read_to_string(path))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(text) = own_text(&arguments) {
        return print_and_exit(text);
    }
    lanes_server::reserve_fd_table();
    // Without a writable standard error, reporting errors of the log would panic.
    let log = tracing_subscriber::fmt::layer()
        .log_internal_errors(false)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let filter = std::env::var("RUST_LOG").ok();
    let filter = filter.and_then(|text| text.parse::<Targets>().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    tracing_subscriber::registry().with(log).with(filter).init();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no other place to report a failed write to the standard error.
            let _ = writeln!(io::stderr(), "lanes-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the completions or the manual page, if the arguments ask for them.
fn own_text(arguments: &Arguments) -> Option<io::Result<Vec<u8>>> {
    let mut text = Vec::new();
    let mut command = Arguments::command();
    let written = match arguments.completions {
        Some(shell) => {
            clap_complete::generate(shell, &mut command, "lanes-server", &mut text);
            Ok(())
        }
        None if arguments.man => clap_mangen::Man::new(command).render(&mut text),
        None => return None,
    };
    Some(written.map(|()| text))
}

fn print_and_exit(text: io::Result<Vec<u8>>) -> ExitCode {
    let mut stdout = io::stdout();
    let written = text.and_then(|text| stdout.write_all(&text).and_then(|()| stdout.flush()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has closed the pipe, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(
                io::stderr(),
                "lanes-server: cannot write the output: {error}"
            );
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (stop, stopped) = crossbeam_channel::bounded(1);
    let mut is_stopping = false;
    ctrlc::set_handler(move || {
        // The second signal does not wait for running transfers.
        if is_stopping {
            std::process::exit(SECOND_SIGNAL);
        }
        is_stopping = true;
        // Cannot fail: only one message is ever sent.
        let _ = stop.try_send(());
    })
    .context("cannot install the signal handler")?;
    let results = arguments.collect.map(ResultCollection::open).transpose();
    let results = results.context("cannot keep results")?;
    let server = Server::start(Config {
        root: arguments.root,
        listen: arguments.listen,
        max_connections: arguments.max_connections,
        samples: !arguments.no_samples,
        link: arguments.link,
        fixed_link: arguments.fixed_link,
        results: results.map(Arc::new),
        capture: arguments.pcap,
        ..Config::default()
    })
    .map_err(with_option)?;
    let mut stdout = io::stdout();
    let written = writeln!(stdout, "listening on {}", server.addr()).and_then(|()| stdout.flush());
    if let Err(error) = written {
        tracing::warn!("cannot write to the standard output, continuing: {error}");
    }
    // The handler never drops its sender, so this waits for a signal.
    stopped.recv().context("the signal handler has ended")?;
    tracing::info!(
        "stopping; transfers have a few seconds left, a second signal ends them at once"
    );
    exit_after(MAX_STOP);
    server.stop();
    Ok(())
}

/// Ends the program after this time, also if a thread of the server waits for the system, such as
/// for a file of a network that is down.
fn exit_after(time: Duration) {
    let exit = move || {
        thread::sleep(time);
        let _ = writeln!(io::stderr(), "lanes-server: a thread did not end in time");
        std::process::exit(1);
    };
    let watchdog = thread::Builder::new().name("watchdog".to_owned());
    if let Err(error) = watchdog.spawn(exit) {
        tracing::warn!("cannot start the watchdog of the stop: {error}");
    }
}

/// Adds the option that solves the problem.
fn with_option(error: ServerError) -> anyhow::Error {
    match error {
        ServerError::AddrInUse(addr) => anyhow::anyhow!(
            "port in use, {addr}: stop the other program or choose another port with --listen"
        ),
        ServerError::Root(path, error) => anyhow::anyhow!(
            "cannot open the folder {}: {error}; choose a readable folder with --root",
            path.display()
        ),
        ServerError::Capture(path, error) => anyhow::anyhow!(
            "cannot create {}: {error}; choose another file with --pcap",
            path.display()
        ),
        ServerError::Io(addr, error) => {
            anyhow::anyhow!(
                "cannot listen on {addr}: {error}; choose another address with --listen"
            )
        }
    }
}
