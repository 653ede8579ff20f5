//! `lanes serve`: the headless daemon that speaks aria2's JSON-RPC.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::{interrupt, secret, terminal};
use crate::rpc::server::{Server, Settings};
use crate::rpc::{Access, daemon_file, listen};

/// Arguments that do not fit each other.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    #[error("{0} is reachable from other machines: set --rpc-secret, so that others cannot use it")]
    OpenWithoutSecret(SocketAddr),
    #[error("--rpc-allow-origin '*' lets every web page in: set --rpc-secret too")]
    AllOriginsWithoutSecret,
    #[error("no home folder to keep the queue in: give --state")]
    NoHome,
}

/// Arguments of `lanes serve`.
#[derive(Args)]
#[command(
    after_help = "Browser extensions, front ends and scripts for aria2 work with it: they call
http://127.0.0.1:6800/jsonrpc, or ws:// for notifications. The first line on the standard output is
`rpc listening on ADDRESS:PORT`. SIGTERM ends it; running downloads start again with the next `lanes serve`.

Examples:
  lanes serve --dir downloads/
  lanes serve --rpc-listen 0.0.0.0:6800 --rpc-secret @token.txt
  lanes serve --rpc-allow-origin http://ui.example
  lanes add https://example.org/file.iso
  lanes status"
)]
pub struct ServeArgs {
    /// Address of the interface [default: 127.0.0.1:6800, and 127.0.0.1:16800 if it is free]
    #[arg(long, value_name = "ADDRESS:PORT")]
    rpc_listen: Option<SocketAddr>,
    /// Token that clients must send; `LANES_RPC_SECRET` in the environment does the same
    #[arg(long, value_name = "TOKEN|@FILE")]
    rpc_secret: Option<String>,
    /// Let web pages of this origin use the interface, such as `http://ui.example`, or `*` for all; may be
    /// repeated. Browser extensions need no permission
    #[arg(long, value_name = "ORIGIN")]
    rpc_allow_origin: Vec<String>,
    /// Answer requests to this host name too, besides localhost and addresses; may be repeated
    #[arg(long, value_name = "NAME")]
    rpc_allow_host: Vec<String>,
    /// Folder for downloads; nothing is written outside of it [default: the Desktop]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Folder that keeps the queue over restarts [default: serve in the data folder of Lanes]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

impl std::fmt::Debug for ServeArgs {
    /// Leaves out the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServeArgs(…)")
    }
}

/// Runs the daemon until a signal ends it.
pub(super) fn run(args: &ServeArgs) -> Result<(), Failure> {
    let text = args
        .rpc_secret
        .clone()
        .or_else(|| secret::variable("LANES_RPC_SECRET"));
    let secret = text
        .map(|text| secret::line("--rpc-secret", &text))
        .transpose();
    let secret = secret.map_err(Failure::usage)?;
    let address = args.rpc_listen.unwrap_or(listen::DEFAULT_ADDRESS);
    if secret.is_none() && !address.ip().is_loopback() {
        return Err(Failure::usage(UsageError::OpenWithoutSecret(address)));
    }
    if secret.is_none() && args.rpc_allow_origin.iter().any(|origin| origin == "*") {
        return Err(Failure::usage(UsageError::AllOriginsWithoutSecret));
    }
    let state = args.state.clone().or_else(daemon_file::default_folder);
    let settings = Settings {
        listen: args.rpc_listen,
        secret,
        access: Access {
            origins: args.rpc_allow_origin.clone(),
            hosts: args.rpc_allow_host.clone(),
        },
        root: args
            .dir
            .clone()
            .unwrap_or_else(|| lanes_engine::default_folder().0),
        state: state.ok_or_else(|| Failure::usage(UsageError::NoHome))?,
    };
    let server = Server::bind(settings).map_err(Failure::failed)?;
    let signal = server.signal();
    interrupt::on_first(move || signal.stop())?;
    if let Some(notice) = &server.notice {
        terminal::print_error(&format!("note: {notice}"));
    }
    for address in server.addresses() {
        // A closed standard output does not end the daemon.
        let _ = terminal::print(&format!("rpc listening on {address}"));
    }
    server.run().map_err(Failure::failed)
}
