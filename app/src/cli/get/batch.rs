//! `lanes get` of several files: how they are getting on together, and how they ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use lanes_shared::size;

use super::summary::{kept_in_words, succeed};
use super::{GetArgs, failure};
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::engine::{self, DownloadSnapshot, FetchError, News, Outcome, Request, Stop};
use crate::lab::report::format;

/// Several files on their way.
struct Together<'a> {
    args: &'a GetArgs,
    requests: &'a [Request],
    progress: Progress,
    /// Those under way, as they were last.
    now: BTreeMap<usize, Arc<DownloadSnapshot>>,
    saved: usize,
    failed: usize,
    /// Why nothing more can be said: the standard output is closed.
    mute: Option<Failure>,
}

/// Downloads all of them. Returns how many could not be saved, which was said.
pub(super) fn fetch_all(
    args: &GetArgs,
    requests: &[Request],
    stop: &Stop,
) -> Result<usize, Failure> {
    stop.rearm();
    let mut together = Together {
        args,
        requests,
        progress: Progress::new(args.quiet),
        now: BTreeMap::new(),
        saved: 0,
        failed: 0,
        mute: None,
    };
    engine::fetch_all(requests, stop, &mut |index, news| {
        together.hear(index, news);
        if together.mute.is_some() {
            stop.stop();
        }
    });
    together.progress.clear();
    match together.mute.take() {
        Some(failure) => Err(failure),
        None if stop.is_stopped() => Err(Failure::Interrupted(together.kept_in_words())),
        None => Ok(together.failed),
    }
}

impl Together<'_> {
    fn hear(&mut self, index: usize, news: News<'_>) {
        match news {
            News::Now(now) => {
                self.now.insert(index, Arc::clone(now));
                let files = self.requests.len() as u64;
                let ended = self.saved + self.failed;
                self.progress.show(ended as u64, files, || self.in_words());
            }
            News::Ended(Err(FetchError::Stopped)) => {}
            News::Ended(result) => {
                self.now.remove(&index);
                self.end(index, result);
            }
        }
    }

    fn end(&mut self, index: usize, result: Result<Outcome, FetchError>) {
        let request = &self.requests[index];
        let said = match result {
            Ok(outcome) => {
                self.saved += 1;
                succeed(self.args, request, &outcome, &self.progress)
            }
            Err(error) => {
                self.failed += 1;
                let reason = failure(error, request);
                let line = format!("error: {}: {reason}", request.file_name());
                self.progress.note(&line);
                Ok(())
            }
        };
        if let Err(failure) = said {
            self.mute.get_or_insert(failure);
        }
    }

    fn in_words(&self) -> String {
        let now = self.now.values();
        let (done, rate) = now.fold((0, 0.0), |(done, rate), now| {
            (done + now.done, rate + now.rate)
        });
        format!(
            "{} of {} files, {} of the next, {}",
            self.saved + self.failed,
            self.requests.len(),
            size::si(done),
            format::rate(rate),
        )
    }

    /// What is kept of them, once they were interrupted.
    fn kept_in_words(&self) -> String {
        let (saved, all) = (self.saved, self.requests.len());
        let mut kept = self.now.values().filter(|now| now.done > 0);
        match (saved, kept.clone().count()) {
            (_, 0) => format!("Interrupted: {saved} of {all} files are saved"),
            (0, 1) => kept_in_words(kept.next().map(Arc::as_ref)),
            (_, kept) => format!(
                "Interrupted: {saved} of {all} files are saved, and what came of {kept} more is kept; the same command again goes on with it"
            ),
        }
    }
}
