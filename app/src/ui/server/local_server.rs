//! Starts, stops and reconfigures the local server. These functions block and run as background
//! jobs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lanes_server::{Config, Server, ServerError, Timeouts};
use lanes_shared::link::LinkProfile;

use crate::ui::message::JobResult;

/// A request to start the server.
#[derive(Debug, Clone)]
pub(crate) struct StartRequest {
    /// The server's configuration.
    pub config: Config,
    /// Falls back to a free port if the configured one is in use.
    pub any_port: bool,
    /// Folder for a capture of the packets of emulated links, under a new name; `None` for no capture.
    pub capture_in: Option<PathBuf>,
}

/// Returns the server's timeouts: closing the window must not wait for running transfers.
pub(crate) fn timeouts() -> Timeouts {
    Timeouts {
        shutdown: Duration::from_millis(300),
        ..Timeouts::default()
    }
}

/// Starts the server.
pub(crate) fn start(mut request: StartRequest) -> JobResult {
    request.config.capture = request.capture_in.as_deref().map(free_capture_name);
    let listen = request.config.listen;
    match Server::start(request.config.clone()) {
        Ok(server) => JobResult::ServerStarted(Arc::new(server), None),
        Err(ServerError::AddrInUse(_)) if request.any_port => {
            let any_port = SocketAddr::new(listen.ip(), 0);
            let remark = format!(
                "Port {} is in use; the local server uses another one",
                listen.port()
            );
            match Server::start(Config {
                listen: any_port,
                ..request.config
            }) {
                Ok(server) => JobResult::ServerStarted(Arc::new(server), Some(remark)),
                Err(error) => JobResult::ServerFailed(error.to_string()),
            }
        }
        Err(error) => JobResult::ServerFailed(error.to_string()),
    }
}

/// Returns the first free name for a capture in `folder`.
fn free_capture_name(folder: &Path) -> PathBuf {
    let name = |number: u32| match number {
        1 => folder.join("lanes-server.pcapng"),
        _ => folder.join(format!("lanes-server-{number}.pcapng")),
    };
    // The last one is written over.
    let is_free = |file: &PathBuf| !file.exists();
    (1..1000)
        .map(name)
        .find(is_free)
        .unwrap_or_else(|| name(1000))
}

/// Stops the server and joins its threads. If another job is changing the link, that job stops the
/// server when it is done.
pub(crate) fn stop(server: Arc<Server>) -> Option<JobResult> {
    let server = Arc::into_inner(server)?;
    server.stop();
    Some(JobResult::ServerStopped)
}

/// Applies a link.
pub(crate) fn set_link(server: Arc<Server>, link: Option<LinkProfile>) -> Option<JobResult> {
    let outcome = server.set_link(link).map_err(|error| error.to_string());
    stop(server).or(Some(JobResult::ServerLink(outcome)))
}

/// Returns the address at which this machine reaches a server that listens on `addr`.
pub(super) fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(ip, addr.port())
}

/// State of the local server.
#[derive(Default)]
pub(crate) enum LocalServer {
    /// Stopped.
    #[default]
    Stopped,
    /// Starting.
    Starting,
    /// Running.
    Running(Arc<Server>),
    /// Stopping.
    Stopping,
    /// Failed to start, with the reason.
    Failed(String),
}

impl LocalServer {
    /// Returns whether the server runs.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    /// Returns the text for the status line.
    pub(crate) fn status(&self) -> String {
        match self {
            Self::Stopped => "Local server stopped".to_owned(),
            Self::Starting => "Local server starting".to_owned(),
            Self::Running(server) => format!("Local server on {}", server.addr()),
            Self::Stopping => "Local server stopping".to_owned(),
            Self::Failed(_) => "Local server failed to start".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_networks_is_reached_over_loopback() {
        for (listens, reached) in [
            ("0.0.0.0:7", "127.0.0.1:7"),
            ("[::]:7", "[::1]:7"),
            ("192.168.1.2:7", "192.168.1.2:7"),
        ] {
            assert_eq!(
                reachable(listens.parse().unwrap()),
                reached.parse().unwrap()
            );
        }
    }
}
