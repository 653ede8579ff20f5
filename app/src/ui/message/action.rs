//! What the screens ask for.

use std::path::PathBuf;

use lanes_shared::link::LinkProfile;

use super::{ExportFormat, Purpose, StoreRequest};
use crate::engine::{Command, DownloadId, Request, Stop};
use crate::lab::Plan;
use crate::ui::link_input::LinkInput;

/// What a screen asks for. Applied in one place, once a frame.
pub(crate) enum Action {
    /// An order to the engine.
    Engine(Command),
    /// A new download; where it goes is still the text that was typed.
    Download(Box<Request>, String),
    /// Another link or another place for a download that is there; the place still as it was typed.
    Change(DownloadId, Box<Request>, String),
    /// Open the window in which that is said.
    Edit(DownloadId),
    /// Stop a download and delete what came, after asking where that is much.
    Cancel(DownloadId),
    /// Show a download in full.
    Show(DownloadId),
    /// New experiments, side by side.
    Run(Vec<Plan>),
    /// Stop the experiment.
    CancelRun,
    /// Write the experiment into a folder, still as it was typed.
    Export(Vec<ExportFormat>, String),
    /// Do something with kept experiments.
    ExperimentStore(StoreRequest),
    /// Read a link profile from a file, its path still as it was typed.
    ReadLink(String),
    /// Open a dialog.
    OpenDialog(Purpose),
    /// Open a file.
    Open(PathBuf),
    /// Open the folder of a file.
    OpenFolderOf(PathBuf),
    /// Read the picture of a finished download.
    ReadPicture(DownloadId, PathBuf),
    /// Start the local server as its screen says.
    StartServer,
    /// Have the local server listen on another port.
    MoveServer(u16),
    /// Find out what a link or a path is, without downloading it, until the switch is thrown.
    FetchMetadata(LinkInput, Stop),
    /// Show what is in the Metalink file that a download turned out to be, in its place.
    OpenMetalink(DownloadId),
    /// Stop the local server.
    StopServer,
    /// Have the local server emulate this link, or none.
    SetLink(Option<LinkProfile>),
    /// Say something.
    ShowNote(Note),
}

/// A message in the corner of the window.
pub(crate) struct Note {
    /// What happened and what can be done.
    pub text: String,
    /// Whether something failed.
    pub is_error: bool,
    /// What can be done about it, each with the words on its button.
    pub actions: Vec<(&'static str, Action)>,
}

impl Note {
    /// Something failed.
    pub(crate) fn error(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(text, true)
    }

    /// Something is worth knowing.
    pub(crate) fn info(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(text, false)
    }

    fn new(text: String, is_error: bool) -> Self {
        let actions = Vec::new();
        Self {
            text,
            is_error,
            actions,
        }
    }

    /// And this can be done about it.
    pub(crate) fn with_action(mut self, words: &'static str, action: Action) -> Self {
        self.actions.push((words, action));
        self
    }
}
