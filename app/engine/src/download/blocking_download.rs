//! The entry point for a single download on the caller's thread.

use std::sync::Arc;

use super::attempt_inputs::{AttemptInputs, Detail};
use super::restart_loop;
use super::shared_resources::SharedResources;
use crate::model::command::DownloadId;
use crate::model::outcome::{FetchError, Outcome};
use crate::model::snapshot::DownloadSnapshot;
use crate::model::spec::DownloadSpec;
use crate::sync::cancel::CancelToken;

/// Downloads one file on this thread and its workers; returns when the file is in place.
///
/// A [`CancelToken`] serves one download at a time: a download that fails trips it too, to end its
/// own threads, and [`CancelToken::reset`] makes it ready for the next. `observe` receives a snapshot
/// about twenty times a second, more often at first, and once at the end.
///
/// # Errors
/// See [`FetchError`].
pub fn fetch(
    spec: &DownloadSpec,
    cancel: &CancelToken,
    observe: &mut dyn FnMut(&Arc<DownloadSnapshot>),
) -> Result<Outcome, FetchError> {
    let inputs = AttemptInputs::new(DownloadId(0), Detail::Full, SharedResources::default());
    restart_loop::run(&inputs, spec.clone().into(), cancel, observe).result
}
