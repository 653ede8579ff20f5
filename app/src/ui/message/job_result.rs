//! The results of background jobs.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::ColorImage;
use lanes_server::Server;
use lanes_shared::link::LinkProfile;

use super::{Purpose, StoreReply};
use crate::engine::{DownloadId, Request};
use crate::ui::link_input::Metadata;

/// What came of a job.
pub(crate) enum JobResult {
    /// A dialog was closed, with a path or without.
    Dialog(Purpose, Option<PathBuf>),
    /// The local server runs; with a remark when it is not where it was wanted.
    ServerStarted(Arc<Server>, Option<String>),
    /// The local server does not run, and why.
    ServerFailed(String),
    /// The local server emulates the link that was asked for, or why it does not.
    ServerLink(Result<(), String>),
    /// The local server has stopped.
    ServerStopped,
    /// A picture to show, or why there is none.
    Picture(DownloadId, Result<ColorImage, String>),
    /// A download whose destination is now known, and as what it was typed. With a number when it
    /// takes the place of a download that is there.
    Destination(Option<DownloadId>, Box<Request>, String),
    /// What was wanted under this key was found out, or why not.
    MetadataFetched(String, Result<Metadata, String>),
    /// These exports were written.
    Exported(Vec<PathBuf>),
    /// Something was done with kept experiments.
    ExperimentStore(StoreReply),
    /// A link profile was read.
    Link(Box<LinkProfile>),
    /// Something failed, in words.
    Failed(String),
}
