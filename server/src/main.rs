//! The headless server of Lanes: arguments, then a [`Server`] until a signal ends it.

use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use lanes_server::{Config, Server, ServerError};
use lanes_shared::link::{self, LinkProfile};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Serves files and samples over the Lanes protocol and over HTTP
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder whose files are served; without it the bundled pictures are
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:5115")]
    listen: SocketAddr,
    /// How many connections are served at the same time
    #[arg(long, value_name = "N", default_value_t = 256)]
    max_connections: usize,
    /// Serve no samples (files of any size that exist nowhere)
    #[arg(long)]
    no_samples: bool,
    /// Emulate this link for every client that brings none of its own: a preset's name, or a file
    /// with a link profile
    #[arg(long, value_name = "PRESET|FILE.toml", value_parser = link_profile)]
    link: Option<LinkProfile>,
    /// Refuse clients that bring a link profile of their own
    #[arg(long)]
    fixed_link: bool,
}

/// The exit code when a second signal ends the program at once, as that of a shell after Ctrl+C.
const IMPATIENT: i32 = 130;

/// Reads the argument of `--link`.
fn link_profile(text: &str) -> Result<LinkProfile, String> {
    link::argument(text, |path| std::fs::read_to_string(path))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    lanes_server::reserve_fd_table();
    // Where the log cannot be written it cannot be complained about either: that would panic.
    let log = tracing_subscriber::fmt::layer()
        .log_internal_errors(false)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let wanted = std::env::var("RUST_LOG").ok();
    let targets = wanted.and_then(|text| text.parse::<Targets>().ok());
    let targets = targets.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    tracing_subscriber::registry()
        .with(log)
        .with(targets)
        .init();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do if even this cannot be said.
            let _ = writeln!(io::stderr(), "lanes-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (stop, stopped) = crossbeam_channel::bounded(1);
    let mut is_stopping = false;
    ctrlc::set_handler(move || {
        // Who asks twice will not wait for transfers that still run.
        if is_stopping {
            std::process::exit(IMPATIENT);
        }
        is_stopping = true;
        // There is room for the one that is ever sent.
        let _ = stop.try_send(());
    })
    .context("cannot listen for signals")?;
    let server = Server::start(Config {
        root: arguments.root,
        listen: arguments.listen,
        max_connections: arguments.max_connections,
        samples: !arguments.no_samples,
        link: arguments.link,
        fixed_link: arguments.fixed_link,
        ..Config::default()
    })
    .map_err(with_advice)?;
    let mut stdout = io::stdout();
    let said = writeln!(stdout, "listening on {}", server.addr()).and_then(|()| stdout.flush());
    if let Err(error) = said {
        tracing::warn!("cannot write to the standard output, serving all the same: {error}");
    }
    // The handler keeps its end of the channel for ever, so this waits for a signal.
    stopped.recv().context("the signal handler is gone")?;
    tracing::info!(
        "stopping; transfers have a few seconds left, a second signal ends them at once"
    );
    server.stop();
    Ok(())
}

/// Names the argument that helps.
fn with_advice(error: ServerError) -> anyhow::Error {
    match error {
        ServerError::AddrInUse(addr) => anyhow::anyhow!(
            "another program uses this port, stop it or choose another with --listen: {addr}"
        ),
        ServerError::Root(path, error) => anyhow::anyhow!(
            "cannot serve this folder, choose another with --root: {error}: {}",
            path.display()
        ),
        ServerError::Io(addr, error) => {
            anyhow::anyhow!("cannot listen, choose another address with --listen: {error}: {addr}")
        }
    }
}
