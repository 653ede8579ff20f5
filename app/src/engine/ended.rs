//! What a download leaves behind, and who is told of it while it goes on.

use std::sync::Arc;

use super::file::Paths;
use super::snapshot::DownloadSnapshot;
use super::{FetchError, Outcome};

/// Who is told how a download goes.
pub(super) type Observer<'a> = &'a mut dyn FnMut(&Arc<DownloadSnapshot>);

/// What a download left behind: its end, its last snapshot, and the paths of what was kept.
pub(super) struct Ended {
    pub result: Result<Outcome, FetchError>,
    pub last: Arc<DownloadSnapshot>,
    pub kept: Option<Paths>,
}
