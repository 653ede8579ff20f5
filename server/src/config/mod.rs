//! Settings of a server.

pub(crate) mod change_callback;
pub(crate) mod timeouts;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use lanes_shared::DEFAULT_PORT;
use lanes_shared::link::LinkProfile;

use change_callback::ChangeCallback;
use timeouts::Timeouts;

/// What a server serves, where, and to how many.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder whose files are served; `None` for the bundled files.
    pub root: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many connections are served at the same time.
    pub max_connections: usize,
    /// Whether samples are served too.
    pub samples: bool,
    /// How long it waits for whom.
    pub timeouts: Timeouts,
    /// Who is told when a connection has opened or closed.
    pub on_change: Option<ChangeCallback>,
    /// The link that is emulated for clients that bring none of their own; each session has its
    /// own bottleneck.
    pub link: Option<LinkProfile>,
    /// Whether clients may bring none of their own.
    pub fixed_link: bool,
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
        }
    }
}
