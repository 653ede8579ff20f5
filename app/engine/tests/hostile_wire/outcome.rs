//! Runs a download with a deadline and checks its result and the files it leaves.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanes_engine::{CancelToken, DownloadSnapshot, DownloadSpec, FetchError, Outcome, fetch};

use super::common::names;

/// Deadline of a download over any link; most of it is a margin for a machine that runs other tests.
pub const LIMIT: Duration = Duration::from_secs(75);
/// Name of the served file.
pub const NAME: &str = "x";

/// A download that has ended.
pub struct FinishedDownload {
    pub result: Result<Outcome, FetchError>,
    /// The download's log, one entry per line.
    pub log: String,
}

/// Downloads until [`LIMIT`]; returns an error if the download takes longer.
pub fn download(request: &DownloadSpec) -> Result<FinishedDownload, String> {
    let (stop, begun) = (CancelToken::default(), Instant::now());
    let mut last = None;
    let result = fetch(request, &stop, &mut |snapshot: &Arc<DownloadSnapshot>| {
        if begun.elapsed() > LIMIT {
            stop.cancel();
        }
        last = Some(Arc::clone(snapshot));
    });
    let log_text = |snapshot: &Arc<DownloadSnapshot>| {
        let lines = snapshot.log.iter().map(|line| line.text.clone());
        lines.collect::<Vec<_>>().join("\n")
    };
    let log = last.as_ref().map_or_else(String::new, log_text);
    if begun.elapsed() > LIMIT {
        return Err(format!("hung:\n{log}"));
    }
    Ok(FinishedDownload { result, log })
}

/// Checks that either the file is complete and correct, or that there is no file under the final name and
/// the error message is readable.
pub fn check(download: &FinishedDownload, folder: &Path, file: &[u8]) -> Result<(), String> {
    let files = names(folder);
    match &download.result {
        Ok(outcome) => {
            let correct = std::fs::read(&outcome.path).is_ok_and(|bytes| bytes == file);
            if !correct || files != [NAME] {
                return Err(format!("saved, correct bytes: {correct}, files: {files:?}"));
            }
        }
        Err(error) => {
            let message = error.to_string();
            let readable = message.contains(' ')
                && message.chars().count() < 1000
                && !message.contains(char::is_control);
            if !readable || *error == FetchError::Stopped {
                return Err(format!("unreadable error message: {error:?}"));
            }
            if files.iter().any(|name| name == NAME) {
                return Err(format!("failed but left a file: {files:?}"));
            }
            let orphan = |name: &String| name.ends_with(".part") && files.len() == 1;
            if files.iter().any(orphan) {
                return Err(format!("part file without a journal: {files:?}: {message}"));
            }
        }
    }
    Ok(())
}
