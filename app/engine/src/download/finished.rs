//! What a download leaves behind, and who is told of it while it goes on.

use std::sync::Arc;

use crate::model::outcome::{FetchError, Outcome};
use crate::model::snapshot::DownloadSnapshot;
use crate::storage::part_file::Paths;

/// Who is told how a download goes.
pub(crate) type Observer<'a> = &'a mut dyn FnMut(&Arc<DownloadSnapshot>);

/// What a download left behind: its end, its last snapshot, and the paths of what was kept.
pub(crate) struct Finished {
    pub result: Result<Outcome, FetchError>,
    pub last: Arc<DownloadSnapshot>,
    pub kept: Option<Paths>,
}
