//! State that one attempt at a file hands to the next.
//!
//! Most downloads take one attempt. If pieces of the complete file are corrupt, another one fetches
//! only those.

use std::sync::Arc;
use std::time::Instant;

use crate::model::spec::DownloadSpec;
use crate::scheduling::host_limiter::HostLimiter;
use crate::scheduling::mirror_set::MirrorSet;

/// Limit of attempts that repair corrupt pieces.
const MAX_REPAIRS: u32 = 2;

/// State carried over from the attempts before.
pub(crate) struct CarriedState {
    /// Number of attempts before.
    number: u32,
    /// Start of the first attempt.
    pub started: Instant,
    /// The HTTP servers of the file and their state.
    pub mirrors: Arc<MirrorSet>,
    /// Notices of the attempts before.
    pub notices: Vec<String>,
    /// Bytes that were present before the first attempt; `None` in the first.
    pub resumed: Option<u64>,
    /// Set if no byte of the file can be kept, because the source provides it only as a whole.
    pub restart: bool,
}

impl CarriedState {
    /// Creates the first attempt of a download that starts now. `hosts` limits the connections of all
    /// downloads; without it, the download applies its own limit per host.
    pub fn first(spec: &DownloadSpec, hosts: Option<Arc<HostLimiter>>) -> Self {
        let hosts = hosts.unwrap_or_else(|| {
            let memory = spec.host_memory.as_deref();
            Arc::new(HostLimiter::with_memory(spec.per_host, memory))
        });
        let mirrors = MirrorSet::new(spec.sources(), spec.pieces.as_ref(), hosts);
        Self {
            number: 0,
            started: Instant::now(),
            mirrors: Arc::new(mirrors),
            notices: Vec::new(),
            resumed: None,
            restart: false,
        }
    }

    /// Returns whether no attempt may follow.
    pub fn is_last(&self) -> bool {
        self.number >= MAX_REPAIRS
    }

    /// Returns the attempt after this one; `None` if this is the last.
    pub fn next(&self, notices: Vec<String>, resumed: u64, restart: bool) -> Option<Self> {
        (!self.is_last()).then(|| Self {
            number: self.number + 1,
            started: self.started,
            mirrors: Arc::clone(&self.mirrors),
            notices,
            resumed: Some(resumed),
            restart,
        })
    }
}
