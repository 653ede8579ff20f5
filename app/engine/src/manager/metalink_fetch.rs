//! Reads Metalink files from disk and fetches them from HTTP servers.

use std::io::Read as _;
use std::path::Path;

use crate::metalink::{self, MAX_LEN, MetalinkFile};
use crate::model::http_options::HttpOptions;
use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::protocol::http::client::fetch_text;
use crate::sync::cancel::CancelToken;

/// Reads the Metalink file at `path`.
///
/// # Errors
/// In words, with the path.
pub fn open_metalink(path: &Path) -> Result<Vec<MetalinkFile>, String> {
    let unread = |error| format!("cannot read the Metalink file: {error}: {}", path.display());
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unread)?;
    file.take(MAX_LEN + 1)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    metalink::read(bytes).map_err(|error| format!("{error}: {}", path.display()))
}

/// Fetches the Metalink file at a link into memory, and reads it.
///
/// # Errors
/// See [`FetchError`].
pub fn fetch_metalink(
    source: &Source,
    options: &HttpOptions,
    cancel: &CancelToken,
) -> Result<Vec<MetalinkFile>, FetchError> {
    let failed = |reason| FetchError::Failed(format!("{reason}: {source}"));
    let Source::Http(url) = source else {
        return Err(failed("Metalink files come from HTTP servers".to_owned()));
    };
    let bytes = fetch_text::fetch(url, options, cancel, MAX_LEN)?;
    metalink::read(bytes).map_err(|error| failed(error.to_string()))
}
