//! Predicts small files: those with a known length of at most [`SMALL_FILE`], and those of a web server whose last
//! file was small. Over `lanes://` nothing counts as small.

use std::collections::HashMap;

use crate::model::source_url::Source;
use crate::model::spec::SMALL_FILE;

/// By origin of the web server: whether the last complete file was small.
#[derive(Debug, Default)]
pub(crate) struct SmallFileServers(HashMap<String, bool>);

impl SmallFileServers {
    /// Records the length in bytes of a complete file.
    pub fn record(&mut self, source: &Source, len: u64) {
        if let Some(origin) = origin(source) {
            self.0.insert(origin, len <= SMALL_FILE);
        }
    }

    /// Returns whether a file is probably small; `len` is its length in bytes, if known.
    pub fn is_small(&self, source: &Source, len: Option<u64>) -> bool {
        let Some(origin) = origin(source) else {
            return false;
        };
        match len {
            Some(len) => len <= SMALL_FILE,
            None => self.0.get(&origin).copied().unwrap_or_default(),
        }
    }
}

fn origin(source: &Source) -> Option<String> {
    match source {
        Source::Http(url) => Some(url.origin()),
        Source::Lanes { .. } => None,
    }
}
