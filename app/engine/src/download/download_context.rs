//! What is known of a download before it begins.

use std::sync::Arc;
use std::time::SystemTime;

use crate::model::command::DownloadId;
use crate::model::log::LogLine;

/// What is known of a download before an attempt at it.
#[derive(Clone)]
pub(crate) struct Past {
    pub id: DownloadId,
    /// When it was asked for.
    pub added: SystemTime,
    /// What was logged in earlier attempts.
    pub log: Arc<[LogLine]>,
}

impl Past {
    /// A download that was asked for just now.
    pub fn new(id: DownloadId) -> Self {
        Self {
            id,
            added: SystemTime::now(),
            log: Arc::from([]),
        }
    }
}
