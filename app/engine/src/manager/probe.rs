//! A look at a file before it is downloaded.

use crate::model::file_name::safe_name;
use crate::model::http_options::HttpOptions;
use crate::model::probe::Probe;
use crate::model::source_url::Source;
use crate::sync::cancel::CancelToken;

/// Asks a source for its file, without fetching more of it than comes with the answer. Waits at most as
/// long as a download would for its first answer; less when `stop` is thrown.
///
/// # Errors
/// In words: what a download would say.
pub fn probe(
    source: &Source,
    options: &HttpOptions,
    cancel: &CancelToken,
) -> Result<Probe, String> {
    match source {
        Source::Http(url) => crate::protocol::http::probe(url, options, cancel),
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
