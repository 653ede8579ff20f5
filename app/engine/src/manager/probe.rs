//! Probes a file before it is downloaded: its length, its name, and support for ranges.

use super::server_catalogue::list_server_files;
use crate::model::file_name::safe_name;
use crate::model::http_options::HttpOptions;
use crate::model::outcome::FetchError;
use crate::model::probe_result::ProbeResult;
use crate::model::source_url::Source;
use crate::protocol::http::client::metadata_request;
use crate::sync::cancel::CancelToken;

/// Requests the metadata of a file, and no more of its data than comes with the response.
///
/// Waits at most as long as a download would for its first response, and not after a cancellation.
///
/// # Errors
/// The error that a download would end with: [`FetchError::NoSuchFile`] or [`FetchError::Failed`].
pub fn probe(
    source: &Source,
    options: &HttpOptions,
    cancel: &CancelToken,
) -> Result<ProbeResult, FetchError> {
    match source {
        Source::Http(url) => metadata_request::probe(url, options, cancel),
        Source::Lanes { server, name } => {
            let entries = list_server_files(server).map_err(FetchError::failed)?;
            let entry = entries.iter().find(|entry| entry.name == *name);
            let entry = entry.ok_or_else(|| {
                FetchError::NoSuchFile(format!("{server} has no file called {name}"))
            })?;
            Ok(ProbeResult {
                len: Some(entry.len),
                accepts_ranges: true,
                name: safe_name(name),
                final_url: None,
                is_metalink: false,
            })
        }
    }
}
