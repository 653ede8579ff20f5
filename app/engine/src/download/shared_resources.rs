//! Limits and resources that several downloads share.

use std::sync::Arc;

use crate::protocol::http::transport::pool::ConnectionPool;
use crate::scheduling::connection_budget::ConnectionBudget;
use crate::scheduling::host_limiter::HostLimiter;

/// Handles to what several downloads share; the default shares nothing.
///
/// They stand beside [`DownloadSpec`](crate::model::spec::DownloadSpec), which holds plain values
/// only.
#[derive(Clone, Default)]
pub(crate) struct SharedResources {
    /// Limits the connections of all downloads to each HTTP server. Without it, the download
    /// applies `DownloadSpec::per_host` to its own connections.
    pub hosts: Option<Arc<HostLimiter>>,
    /// Limits the connections of all downloads together, beyond the first of each.
    pub budget: Option<Arc<ConnectionBudget>>,
    /// Makes the HTTP connections, and keeps idle ones from one download to the next. The default pool
    /// keeps none.
    pub pool: Arc<ConnectionPool>,
    /// True if one connection probably completes the file within few round trips: further ones wait for its
    /// length, and are opened to a small file only after a second.
    pub expects_small: bool,
}
