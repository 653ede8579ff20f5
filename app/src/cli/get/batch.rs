//! `lanes get` for several files: common progress and results.

use std::collections::BTreeMap;
use std::sync::Arc;

use lanes_shared::size;

use super::summary::{interrupted_message, print_saved};
use super::{GetArgs, error_message};
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::lab::report::format;
use lanes_engine::{
    self, BatchEvent, CancelToken, DownloadSnapshot, DownloadSpec, FetchError, Outcome,
};

/// The downloads of a batch.
struct Batch<'a> {
    args: &'a GetArgs,
    requests: &'a [DownloadSpec],
    progress: Progress,
    /// The latest snapshot of each unfinished download, by index.
    unfinished: BTreeMap<usize, Arc<DownloadSnapshot>>,
    saved: usize,
    failed: usize,
    /// The first output error; it ends the batch.
    output_error: Option<Failure>,
}

/// Downloads all files of `requests`, out of `all` that were to be downloaded, and prints the result of each.
///
/// # Errors
/// Some of them were not saved.
pub(super) fn run(
    args: &GetArgs,
    requests: &[DownloadSpec],
    all: usize,
    stop: &CancelToken,
) -> Result<(), Failure> {
    match all - requests.len() + fetch_all(args, requests, stop)? {
        0 => Ok(()),
        failed => Err(Failure::failed(format!(
            "{failed} of {all} files were not saved"
        ))),
    }
}

/// Downloads all files and prints the result of each. Returns the number of failed ones.
fn fetch_all(
    args: &GetArgs,
    requests: &[DownloadSpec],
    stop: &CancelToken,
) -> Result<usize, Failure> {
    stop.reset();
    let mut batch = Batch {
        args,
        requests,
        progress: Progress::new(args.quiet),
        unfinished: BTreeMap::new(),
        saved: 0,
        failed: 0,
        output_error: None,
    };
    lanes_engine::fetch_all(requests, stop, &mut |index, news| {
        batch.on_event(index, news);
        if batch.output_error.is_some() {
            stop.cancel();
        }
    });
    batch.progress.clear();
    match batch.output_error.take() {
        Some(failure) => Err(failure),
        None if stop.is_cancelled() => Err(Failure::Interrupted(batch.interrupted_message())),
        None => Ok(batch.failed),
    }
}

impl Batch<'_> {
    fn on_event(&mut self, index: usize, event: BatchEvent<'_>) {
        match event {
            BatchEvent::Progress(snapshot) => {
                self.unfinished.insert(index, Arc::clone(snapshot));
                let files = self.requests.len() as u64;
                let ended = self.saved + self.failed;
                self.progress
                    .show(ended as u64, files, || self.progress_message());
            }
            BatchEvent::Finished(Err(FetchError::Stopped)) => {}
            BatchEvent::Finished(result) => {
                self.unfinished.remove(&index);
                self.on_end(index, result);
            }
        }
    }

    fn on_end(&mut self, index: usize, result: Result<Outcome, FetchError>) {
        let request = &self.requests[index];
        let printed = match result {
            Ok(outcome) => {
                self.saved += 1;
                print_saved(self.args, request, &outcome, None, &self.progress)
            }
            Err(error) => {
                self.failed += 1;
                let reason = error_message(error, request);
                let line = format!("error: {}: {reason}", request.file_name());
                self.progress.note(&line);
                Ok(())
            }
        };
        if let Err(failure) = printed {
            self.output_error.get_or_insert(failure);
        }
    }

    fn progress_message(&self) -> String {
        let snapshots = self.unfinished.values();
        let (done, rate) = snapshots.fold((0, 0.0), |(done, rate), snapshot| {
            (done + snapshot.done, rate + snapshot.rate)
        });
        format!(
            "{} of {} files, {} of the next ones, {}",
            self.saved + self.failed,
            self.requests.len(),
            size::si(done),
            format::rate(rate),
        )
    }

    /// Returns the message for an interrupted batch.
    fn interrupted_message(&self) -> String {
        let (saved, all) = (self.saved, self.requests.len());
        let mut partial = self.unfinished.values().filter(|one| one.done > 0);
        match (saved, partial.clone().count()) {
            (_, 0) => format!("Interrupted: {saved} of {all} files saved"),
            (0, 1) => interrupted_message(partial.next().map(Arc::as_ref)),
            (_, count) => format!(
                "Interrupted: {saved} of {all} files saved, {count} more partially; the same command again resumes them"
            ),
        }
    }
}
