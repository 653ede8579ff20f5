//! What a download leaves behind, and whether that is right.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanes_engine::{CancelToken, DownloadSnapshot, DownloadSpec, FetchError, Outcome, fetch};

use super::common::names;

/// No download takes longer, however bad its wire; most of it is time that a machine with other
/// tests to run may take.
pub const LIMIT: Duration = Duration::from_secs(75);
/// The file's name on every server here.
pub const NAME: &str = "x";

/// How a download ended.
pub struct Ended {
    pub result: Result<Outcome, FetchError>,
    /// Everything in its log, a line each.
    pub log: String,
}

/// Downloads, but not for ever.
pub fn get(request: &DownloadSpec) -> Result<Ended, String> {
    let (stop, begun) = (CancelToken::default(), Instant::now());
    let mut last = None;
    let result = fetch(request, &stop, &mut |snapshot: &Arc<DownloadSnapshot>| {
        if begun.elapsed() > LIMIT {
            stop.stop();
        }
        last = Some(Arc::clone(snapshot));
    });
    let words = |snapshot: &Arc<DownloadSnapshot>| {
        let lines = snapshot.log.iter().map(|line| line.words.clone());
        lines.collect::<Vec<_>>().join("\n")
    };
    let log = last.as_ref().map_or_else(String::new, words);
    let took = begun.elapsed();
    if took > LIMIT {
        return Err(format!("it hung:\n{log}"));
    }
    Ok(Ended { result, log })
}

/// The file is whole and right, or it is not there and the reason is one that people can read.
pub fn judge(ended: &Ended, folder: &Path, file: &[u8]) -> Result<(), String> {
    let there = names(folder);
    match &ended.result {
        Ok(outcome) => {
            let right = std::fs::read(&outcome.path).is_ok_and(|bytes| bytes == file);
            if !right || there != [NAME] {
                return Err(format!("wrong bytes saved, right: {right}, {there:?}"));
            }
        }
        Err(error) => {
            let words = error.to_string();
            let readable = words.contains(' ')
                && words.chars().count() < 1000
                && !words.contains(char::is_control);
            if !readable || *error == FetchError::Stopped {
                return Err(format!("no reason for people: {error:?}"));
            }
            if there.iter().any(|name| name == NAME) {
                return Err(format!("it failed and left a file: {there:?}"));
            }
            let orphan = |name: &String| name.ends_with(".part") && there.len() == 1;
            if there.iter().any(orphan) {
                return Err(format!("a part without its journal: {there:?}: {words}"));
            }
        }
    }
    Ok(())
}
