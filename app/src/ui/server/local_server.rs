//! The server itself: starting, stopping and changing it, in threads that may wait.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lanes_server::{Config, Patience, Server, ServerError};
use lanes_shared::link::LinkProfile;

use crate::ui::message::JobResult;

/// How the server is to be started.
#[derive(Debug, Clone)]
pub(crate) struct StartRequest {
    /// Where and what.
    pub config: Config,
    /// Whether another port will do when this one is taken.
    pub any_port: bool,
}

/// How long the local server waits for whom: a window that is closed waits for no stranger's
/// transfer.
pub(crate) fn timeouts() -> Patience {
    Patience {
        stop: Duration::from_millis(300),
        ..Patience::default()
    }
}

/// Starts the server. Runs in a thread of its own.
pub(crate) fn start(request: StartRequest) -> JobResult {
    let listen = request.config.listen;
    match Server::start(request.config.clone()) {
        Ok(server) => JobResult::ServerStarted(Arc::new(server), None),
        Err(ServerError::AddrInUse(_)) if request.any_port => {
            let any_port = SocketAddr::new(listen.ip(), 0);
            let remark = format!(
                "Port {} is taken, so the local server uses another",
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

/// Stops the server and waits for its threads. Runs in a thread of its own. Where another one is just
/// changing the link, that one stops it when it is done, and says so.
pub(crate) fn stop(server: Arc<Server>) -> Option<JobResult> {
    let server = Arc::into_inner(server)?;
    server.stop();
    Some(JobResult::ServerStopped)
}

/// Puts a link in force. Runs in a thread of its own.
pub(crate) fn set_link(server: Arc<Server>, link: Option<LinkProfile>) -> Option<JobResult> {
    let outcome = server.set_link(link).map_err(|error| error.to_string());
    stop(server).or(Some(JobResult::ServerLink(outcome)))
}

/// Where this machine reaches a server that listens at `addr`.
pub(super) fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(ip, addr.port())
}

/// Whether the server runs.
#[derive(Default)]
pub(crate) enum LocalServer {
    /// It does not.
    #[default]
    Stopped,
    /// It is being started.
    Starting,
    /// It runs.
    Running(Arc<Server>),
    /// It is being stopped.
    Stopping,
    /// It could not be started, and why.
    Failed(String),
}

impl LocalServer {
    /// Its state in words, for the status line.
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
    fn a_server_of_all_networks_is_reached_here() {
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
