//! The results of background jobs.

use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;

use eframe::egui::ColorImage;
use lanes_os::interface::LanAddress;
use lanes_server::{ResultCollection, Server};
use lanes_shared::lesson::{Lesson, Reading};
use lanes_shared::link::LinkProfile;

use super::{Purpose, Removal, StoreReply};
use crate::browsers::{Browser, Connected};
use crate::lab::Experiment;
use crate::lab::analysis::simulated_run::SimulatedRun;
use crate::rpc::window::{Config, WindowInterface};
use crate::ui::link_input::Metadata;
use lanes_engine::{DownloadId, DownloadSpec};

/// A change of the browsers that reach this program.
pub(crate) enum BrowsersChange {
    /// They are connected.
    Connected(Connected),
    /// These were connected.
    Disconnected(Vec<Browser>),
}

/// Files that were moved to the trash.
pub(crate) struct Trashed {
    /// Their downloads, also those without a file.
    pub removal: Removal,
    /// Reason why the next one was not moved.
    pub error: Option<String>,
}

/// The result of a background job.
pub(crate) enum JobResult {
    /// A file dialog was closed, with a path or without.
    Dialog(Purpose, Option<PathBuf>),
    /// The local server runs; the remark says if it uses another port than requested.
    ServerStarted(Arc<Server>, Option<String>),
    /// The local server failed to start.
    ServerFailed(String),
    /// The local server emulates the requested link, or the reason why not.
    ServerLink(Result<(), String>),
    /// The local server has stopped.
    ServerStopped,
    /// The list of results of a class is open, or the reason why not.
    ResultsOpened(Result<Arc<ResultCollection>, String>),
    /// Results were sent to the server of a class, or the reason why not; for the user.
    ResultsSent(Result<String, String>),
    /// The addresses of this machine, or why they are not known.
    Addresses(Result<Vec<LanAddress>, String>),
    /// A decoded picture, or the reason why it cannot be shown.
    Picture(DownloadId, Result<ColorImage, String>),
    /// The decoded bundled picture.
    Sample(ColorImage),
    /// A request with its resolved destination, and the destination as typed. With an id it
    /// replaces that download.
    Destination(Option<DownloadId>, Box<DownloadSpec>, String),
    /// A request whose destination as typed may be a folder to create or a file name; and its path.
    UnclearDestination(Option<DownloadId>, Box<DownloadSpec>, String, PathBuf),
    /// Metadata of the input with this key, or an error message.
    MetadataFetched(String, Result<Metadata, String>),
    /// The file was not opened, since it could be started as a program.
    IsProgram(PathBuf),
    /// The exported files.
    Exported(Vec<PathBuf>),
    /// A reply of the experiment store.
    ExperimentStore(StoreReply),
    /// Predictions of planned experiments, and the number of their request.
    Predicted(u64, Vec<Arc<Experiment>>),
    /// The packets of a simulated run, and the number of their request.
    Simulated(u64, Arc<SimulatedRun>),
    /// A lesson read from a file, or why it is none.
    LessonOpened(Result<Box<Lesson>, String>),
    /// Results of curves of the lesson with this key, each with the index of its curve.
    LessonRan(u64, Vec<(usize, Vec<Reading>)>),
    /// A link profile read from a file.
    Link(Box<LinkProfile>),
    /// Files are in the trash.
    Trashed(Trashed),
    /// The files of these downloads are back from the trash, or the reason why not all are.
    Restored(Vec<DownloadId>, Result<(), String>),
    /// Links read from a dropped list.
    LinkList(String),
    /// Browsers were connected, or disconnected.
    Browsers(BrowsersChange),
    /// The interface for other programs has started with this configuration, or failed with a message.
    InterfaceStarted(Result<Box<WindowInterface>, String>, Config),
    /// The interface for other programs has stopped.
    InterfaceStopped,
    /// The downloads of a list in this file.
    List(PathBuf, Vec<DownloadSpec>),
    /// The command after a download runs.
    ProgramStarted(String, Child),
    /// A job failed, with a message for the user.
    Failed(String),
}
