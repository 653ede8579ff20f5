//! Loads Metalinks from disk or from HTTP servers and parses them.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::metalink::{self, MAX_LEN, MetalinkError, MetalinkFile};
use crate::model::http_options::HttpOptions;
use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::protocol::http::client::fetch_text;
use crate::sync::cancel::CancelToken;

/// Error of [`open_metalink`].
#[derive(Debug, thiserror::Error)]
pub enum OpenMetalinkError {
    /// The file cannot be read.
    #[error("cannot read the Metalink file: {error}: {}", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
    /// The file is not a Metalink file that Lanes supports.
    #[error("{error}: {}", .path.display())]
    Parse {
        /// Path of the file.
        path: PathBuf,
        /// Reason.
        error: MetalinkError,
    },
}

/// Reads the Metalink file at `path`, until `cancel` is cancelled.
///
/// # Errors
/// See [`OpenMetalinkError`].
pub fn open_metalink(
    path: &Path,
    cancel: &CancelToken,
) -> Result<Vec<MetalinkFile>, OpenMetalinkError> {
    let path = path.to_owned();
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(MAX_LEN + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(OpenMetalinkError::Read { path, error });
    }
    metalink::parse_bytes(bytes, cancel).map_err(|error| OpenMetalinkError::Parse { path, error })
}

/// Fetches the Metalink file at `source` into memory, and parses it.
///
/// # Errors
/// [`FetchError::Failed`] if the source is no HTTP server or the text is no Metalink file; else the
/// error of the request.
pub fn fetch_metalink(
    source: &Source,
    options: &HttpOptions,
    cancel: &CancelToken,
) -> Result<Vec<MetalinkFile>, FetchError> {
    let Source::Http(url) = source else {
        return Err(FetchError::Failed(format!(
            "Metalink files are fetched from HTTP servers only: {source}"
        )));
    };
    let bytes = fetch_text::fetch(url, options, cancel, MAX_LEN)?;
    metalink::parse_bytes(bytes, cancel).map_err(|error| match error {
        MetalinkError::Cancelled => FetchError::Stopped,
        error => FetchError::Failed(format!("{error}: {source}")),
    })
}
