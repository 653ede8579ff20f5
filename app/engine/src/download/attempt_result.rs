//! Result of an attempt, and the progress observer.

use std::sync::Arc;

use crate::model::outcome::{FetchError, Outcome};
use crate::model::snapshot::DownloadSnapshot;
use crate::storage::part_paths::Paths;
use crate::transfer::carried_state::CarriedState;

/// Callback that receives snapshots of a running download.
pub(crate) type Observer<'a> = &'a mut dyn FnMut(&Arc<DownloadSnapshot>);

/// Result of a download, its last snapshot, and the paths of the partial file if one is left.
pub(crate) struct AttemptResult {
    pub result: Result<Outcome, FetchError>,
    pub last: Arc<DownloadSnapshot>,
    pub partial: Option<Paths>,
}

/// Result of an attempt; and the next further attempt, if damaged pieces are to be fetched again.
pub(crate) type EndedAttempt = (AttemptResult, Option<CarriedState>);
