//! One round of a download. Ordinarily it is the only one; when pieces of the file came wrong another
//! follows, which fetches just those.

use std::sync::Arc;
use std::time::Instant;

use crate::model::spec::DownloadSpec;
use crate::scheduling::host_limiter::HostLimiter;
use crate::scheduling::mirror_set::MirrorSet;

/// How often what is wrong is fetched again.
const MAX_MENDINGS: u32 = 2;

/// What one round takes over from those before it.
pub(crate) struct RepairPass {
    /// How many there were before.
    number: u32,
    /// When the first began.
    pub started: Instant,
    /// The HTTP servers that give the file, and what is known of them.
    pub sites: Arc<MirrorSet>,
    /// What the user should know.
    pub notices: Vec<String>,
    /// Bytes that were there before the first round; `None` in the first.
    pub resumed: Option<u64>,
    /// Whether nothing of the file can be kept: it can only be fetched as a whole.
    pub anew: bool,
}

impl RepairPass {
    /// The first round of a download that begins now.
    pub fn first(request: &DownloadSpec, hosts: Option<Arc<HostLimiter>>) -> Self {
        let places = hosts.unwrap_or_else(|| Arc::new(HostLimiter::new(request.per_host)));
        let sites = MirrorSet::new(request.sources(), request.pieces.as_ref(), places);
        Self {
            number: 0,
            started: Instant::now(),
            sites: Arc::new(sites),
            notices: Vec::new(),
            resumed: None,
            anew: false,
        }
    }

    /// Whether none may follow.
    pub fn is_last(&self) -> bool {
        self.number >= MAX_MENDINGS
    }

    /// The one after this; `None` when it was the last.
    pub fn next(&self, notices: Vec<String>, resumed: u64, anew: bool) -> Option<Self> {
        (!self.is_last()).then(|| Self {
            number: self.number + 1,
            started: self.started,
            sites: Arc::clone(&self.sites),
            notices,
            resumed: Some(resumed),
            anew,
        })
    }
}
