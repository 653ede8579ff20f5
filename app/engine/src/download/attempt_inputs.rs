//! Inputs of an attempt beside its [`DownloadSpec`](crate::model::spec::DownloadSpec): its id, its log so
//! far, and the resources that downloads share.

use std::sync::Arc;
use std::time::SystemTime;

use super::running_options::RunningOptions;
use super::shared_resources::SharedResources;
use crate::model::command::DownloadId;
use crate::model::download_log::LogLine;

/// Identity of a download, what earlier attempts logged, and what it shares with others.
#[derive(Clone)]
pub(crate) struct AttemptInputs {
    pub id: DownloadId,
    /// Time at which the download was requested.
    pub added: SystemTime,
    /// Log lines of earlier attempts.
    pub log: Arc<[LogLine]>,
    pub detail: Detail,
    pub limits: SharedResources,
    /// Options that may change while it runs; `None` if none may.
    pub options: Option<Arc<RunningOptions>>,
}

/// Amount of detail that a download records about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Log and timeline.
    Full,
    /// Neither: nothing shows them for the files of a batch, and recording them takes a sixteenth
    /// of the time of a small file.
    None,
}

impl AttemptInputs {
    /// Returns the inputs of the first attempt of a download that is requested now.
    pub fn new(id: DownloadId, detail: Detail, limits: SharedResources) -> Self {
        Self {
            id,
            added: SystemTime::now(),
            log: Arc::from([]),
            detail,
            limits,
            options: None,
        }
    }
}
