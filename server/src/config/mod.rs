//! Settings of a server.

pub(crate) mod change_callback;
pub(crate) mod timeouts;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use lanes_shared::DEFAULT_PORT;
use lanes_shared::link::LinkProfile;

use crate::results::collection::ResultCollection;
use change_callback::ChangeCallback;
use timeouts::Timeouts;

/// Settings of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder whose files are served; `None` for the bundled files.
    pub root: Option<PathBuf>,
    /// Address to listen on; port 0 selects a free port.
    pub listen: SocketAddr,
    /// Maximum number of connections that are served at the same time. Default: 256.
    pub max_connections: usize,
    /// Serves generated samples, too. Default: true.
    pub samples: bool,
    /// Timeouts.
    pub timeouts: Timeouts,
    /// Called when a connection was opened or closed.
    pub on_change: Option<ChangeCallback>,
    /// Link that is emulated for clients without a profile of their own. Each session has its own
    /// bottleneck.
    pub link: Option<LinkProfile>,
    /// Refuses clients with a link profile of their own. Default: false.
    pub fixed_link: bool,
    /// Keeps the results that clients send; `None` refuses them. Default: `None`.
    pub results: Option<Arc<ResultCollection>>,
    /// File to which the packets of emulated links are written as pcapng. The first 500,000 are kept;
    /// those of a session are written when it ends.
    pub capture: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            root: None,
            listen: (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into(),
            max_connections: 256,
            samples: true,
            timeouts: Timeouts::default(),
            on_change: None,
            link: None,
            fixed_link: false,
            results: None,
            capture: None,
        }
    }
}
