//! Messages of the browser extension, and the answers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::handed_download::{HandedDownload, HandedDownloadError};

/// Most downloads in one message.
const MAX_DOWNLOADS: usize = 1000;
/// Time that an answer takes to the browser.
const MARGIN: Duration = Duration::from_millis(100);
/// Longest text of an error in an answer, in characters.
const MAX_ERROR: usize = 500;

/// A message of the extension.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Request {
    /// Asks whether Lanes runs.
    Hello,
    /// Hands downloads over.
    Add {
        /// At least one.
        downloads: Vec<HandedDownload>,
        /// Time at which the browser continues by itself without an answer, in milliseconds since 1970.
        #[serde(default)]
        until: Option<u64>,
    },
}

/// Reason why a message is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum MessageError {
    /// It is not JSON of the expected form. The reason of the parser may show secrets.
    #[error("the message is not understood")]
    Form,
    /// It has no downloads, or too many.
    #[error("a message has 1 to {MAX_DOWNLOADS} downloads")]
    Count,
    /// The browser does not wait any more.
    #[error("this machine is too busy to answer within a second")]
    Late,
    /// A download is refused.
    #[error(transparent)]
    Download(#[from] HandedDownloadError),
}

/// Returns whether an answer would come too late for the browser, which then downloads by itself: Lanes must not
/// take the download too.
pub(super) fn is_late(until: Option<u64>) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default() + MARGIN;
    until.is_some_and(|until| now.as_millis() > u128::from(until))
}

/// Parses a message and checks its downloads.
///
/// # Errors
/// See [`MessageError`].
pub(super) fn parse(bytes: &[u8]) -> Result<Request, MessageError> {
    let request: Request = serde_json::from_slice(bytes).map_err(|_| MessageError::Form)?;
    if let Request::Add { downloads, .. } = &request {
        if !(1..=MAX_DOWNLOADS).contains(&downloads.len()) {
            return Err(MessageError::Count);
        }
        for download in downloads {
            download.to_spec()?;
        }
    }
    Ok(request)
}

/// An answer to the extension.
#[derive(Debug, Serialize)]
#[serde(
    tag = "type",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Answer {
    /// Answers a hello.
    Hello {
        /// Version of Lanes.
        version: &'static str,
        /// A window or a daemon runs.
        is_running: bool,
    },
    /// Lanes is being started; a second answer follows.
    Starting,
    /// The downloads were taken.
    Taken,
    /// They were not taken: the browser continues by itself.
    Failed {
        /// Reason, for the user.
        error: String,
    },
}

impl Answer {
    /// Makes the answer for an error.
    pub(super) fn failed(error: &impl std::fmt::Display) -> Self {
        let error = error.to_string().chars().take(MAX_ERROR).collect();
        Self::Failed { error }
    }
}
