//! A look at a file before it is downloaded.

use crate::model::source_url::Source;
use crate::protocol::http::HttpOptions;
use crate::storage::target_path::safe_name;
use crate::sync::cancel::CancelToken;

/// What a source says of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Length in bytes; `None` when the source does not say it.
    pub len: Option<u64>,
    /// Whether parts can be asked for: only then are there several connections, and only then does a
    /// download go on where it was paused.
    pub gives_parts: bool,
    /// The name that the file will have.
    pub name: String,
    /// Where redirects led from the link, if they led anywhere.
    pub final_url: Option<String>,
    /// Whether it is a Metalink file, by its type or by the end of its name.
    pub is_metalink: bool,
}

/// Asks a source for its file, without fetching more of it than comes with the answer. Waits at most as
/// long as a download would for its first answer; less when `stop` is thrown.
///
/// # Errors
/// In words: what a download would say.
pub fn probe(source: &Source, options: &HttpOptions, stop: &CancelToken) -> Result<Probe, String> {
    match source {
        Source::Http(url) => crate::protocol::http::probe(url, options, stop),
        Source::Lanes { server, name } => {
            let entries = crate::list(server)?;
            let entry = entries.iter().find(|entry| entry.name == *name);
            let entry = entry.ok_or_else(|| format!("{server} has no file called {name}"))?;
            Ok(Probe {
                len: Some(entry.len),
                gives_parts: true,
                name: safe_name(name),
                final_url: None,
                is_metalink: false,
            })
        }
    }
}
