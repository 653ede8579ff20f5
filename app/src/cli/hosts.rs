//! `lanes hosts`: lists and forgets what servers have been found to accept.

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::terminal;
use crate::date;
use lanes_engine::{ConnectionLimitCache, HostConnectionLimit};

/// Reasons why the list is not available.
#[derive(Debug, thiserror::Error)]
enum HostsError {
    /// The user has no home.
    #[error("no home folder to remember servers in: set HOME")]
    NoHome,
    /// The list cannot be written.
    #[error("cannot forget servers: {0}")]
    Write(std::io::Error),
}

/// Arguments of `lanes hosts`.
#[derive(Debug, Args)]
#[command(
    after_help = "A server that refuses further connections is remembered for a day: later downloads open no more
connections to it than it accepted.

Examples:
  lanes hosts
  lanes hosts --forget example.org
  lanes hosts --forget-all"
)]
pub struct HostsArgs {
    /// Forget this server: HOST or HOST:PORT
    #[arg(long, value_name = "SERVER", conflicts_with = "forget_all")]
    forget: Option<String>,
    /// Forget all servers
    #[arg(long)]
    forget_all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One line of the list.
#[derive(Serialize)]
struct Line<'a> {
    server: &'a str,
    connections: u16,
    learned: String,
}

/// Lists or forgets servers.
pub(super) fn run(args: &HostsArgs) -> Result<(), Failure> {
    let path =
        ConnectionLimitCache::default_path().ok_or_else(|| Failure::failed(HostsError::NoHome))?;
    let memory = ConnectionLimitCache::new(path);
    if args.forget.is_some() || args.forget_all {
        let forgotten = memory
            .forget(args.forget.as_deref())
            .map_err(|error| Failure::failed(HostsError::Write(error)))?;
        let servers = if forgotten == 1 { "server" } else { "servers" };
        return Ok(terminal::print(&format!("Forgot {forgotten} {servers}"))?);
    }
    let hosts = memory.entries();
    let lines: Vec<Line<'_>> = hosts.iter().map(line).collect();
    if args.json {
        let json = serde_json::to_string(&lines).map_err(Failure::failed)?;
        return Ok(terminal::print_json(&json)?);
    }
    if lines.is_empty() {
        return Ok(terminal::print(
            "No server has refused connections in the last day",
        )?);
    }
    for Line {
        server,
        connections,
        learned,
    } in lines
    {
        terminal::print(&format!(
            "{server}  at most {connections}, learned {learned}"
        ))?;
    }
    Ok(())
}

fn line(host: &HostConnectionLimit) -> Line<'_> {
    let secs = i64::try_from(host.learned).unwrap_or(i64::MAX);
    Line {
        server: &host.server,
        connections: host.connections,
        learned: date::readable(secs),
    }
}
