//! Actions and messages that the screens emit.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanes_shared::link::LinkProfile;

use super::{
    ClassAction, ExportFormat, LessonAction, ListAction, ListFormat, Purpose, RaceAction,
    ScheduleAction, StoreRequest,
};
use crate::lab::analysis::simulated_run::SimulatedDownload;
use crate::lab::{Experiment, Plan};
use crate::rpc::window::Answer;
use crate::ui::link_input::LinkInput;
use lanes_engine::{CancelToken, Command, DownloadId, DownloadSpec};

/// An action of the user. The app executes all actions at the end of a frame.
pub(crate) enum Action {
    /// Sends a command to the engine.
    Engine(Command),
    /// Starts a download; the text is the destination as typed.
    Download(Box<DownloadSpec>, String),
    /// Changes the link, options or destination of a download; the destination as typed.
    Change(DownloadId, Box<DownloadSpec>, String),
    /// Keeps a download paused that is changed next.
    KeepPaused(DownloadId),
    /// Starts a download, or changes the download with this id, with a destination that the user has
    /// confirmed; the destination as typed.
    SaveTo(Option<DownloadId>, Box<DownloadSpec>, String),
    /// Opens the dialog that edits a download.
    Edit(DownloadId),
    /// Cancels a download and deletes its data, after confirmation if there is much of it.
    Cancel(DownloadId),
    /// Selects a download and shows its details.
    Show(DownloadId),
    /// Runs experiments side by side.
    Run(Vec<Plan>),
    /// Predicts planned experiments until cancelled; the number identifies the request.
    Predict(u64, Vec<Arc<Experiment>>, CancelToken),
    /// Simulates the packets of one run; the number identifies the request.
    Simulate(u64, Box<SimulatedDownload>),
    /// Cancels the running experiments.
    CancelRun,
    /// Exports the experiments into a folder; the folder as typed.
    Export(Vec<ExportFormat>, String),
    /// Sends a request to the experiment store.
    ExperimentStore(StoreRequest),
    /// Reads a link profile from a file; the path as typed.
    ReadLink(String),
    /// Opens a file dialog.
    OpenDialog(Purpose),
    /// Opens a file; a program only after confirmation.
    Open(PathBuf),
    /// Opens a file that may be a program, which the user has confirmed.
    OpenProgram(PathBuf),
    /// Opens the folder of a file.
    OpenFolderOf(PathBuf),
    /// Reads the picture of a finished download.
    ReadPicture(DownloadId, PathBuf),
    /// Decodes the bundled picture, once.
    ReadSample,
    /// Starts, ends or shows the race.
    Race(RaceAction),
    /// Runs, opens or measures a lesson.
    Lesson(LessonAction),
    /// Collects or sends the results of a class.
    Class(ClassAction),
    /// Connects browsers to this program, or disconnects them.
    ConnectBrowsers(bool),
    /// Writes the list of downloads into the download folder.
    ExportList(ListFormat),
    /// Adds the downloads of a list.
    AddList(Vec<DownloadSpec>),
    /// Starts the program at each login, or no longer; and minimized, or not.
    Autostart(bool, bool),
    /// Acts on the schedule.
    Schedule(ScheduleAction),
    /// Answers what programs without a token ask for.
    AnswerPrograms(Answer),
    /// Starts the local server with the settings of its screen.
    StartServer,
    /// Moves the local server to another port.
    MoveServer(u16),
    /// Fetches the metadata of an input until cancelled.
    FetchMetadata(LinkInput, CancelToken),
    /// Replaces a download that is a Metalink file by the dialog with the file's contents.
    OpenMetalink(DownloadId),
    /// Stops the local server.
    StopServer,
    /// Makes the local server emulate this link, or none.
    SetLink(Option<Box<LinkProfile>>),
    /// Changes the list of downloads.
    List(ListAction),
    /// Shows the failed downloads.
    ShowFailed,
    /// Shows a message.
    ShowNote(Note),
}

/// Time for which an offer to undo is shown.
const OFFER: Duration = Duration::from_secs(10);
/// Time for which news are shown.
const NEWS: Duration = Duration::from_secs(4);

/// A message in the corner of the window.
pub(crate) struct Note {
    /// The message.
    pub text: String,
    /// The message reports an error.
    pub is_error: bool,
    /// Number of failed downloads that it reports.
    pub failures: usize,
    /// It disappears although it has buttons.
    is_passing: bool,
    /// Time at which it was first shown.
    pub shown: Option<Instant>,
    /// Buttons, each with its label.
    pub actions: Vec<(&'static str, Action)>,
}

impl Note {
    /// Creates an error message.
    pub(crate) fn error(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(text, true)
    }

    /// Creates an informational message.
    pub(crate) fn info(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(text, false)
    }

    fn new(text: String, is_error: bool) -> Self {
        let actions = Vec::new();
        Self {
            text,
            is_error,
            failures: 0,
            is_passing: false,
            shown: None,
            actions,
        }
    }

    /// Returns the time after which it disappears by itself: news without a choice need no answer.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        match self.is_passing {
            true => Some(OFFER),
            false => (!self.is_error && self.actions.is_empty()).then_some(NEWS),
        }
    }

    /// Lets it disappear although it has a button.
    pub(crate) fn passing(self) -> Self {
        Self {
            is_passing: true,
            ..self
        }
    }

    /// Adds a button.
    pub(crate) fn with_action(mut self, words: &'static str, action: Action) -> Self {
        self.actions.push((words, action));
        self
    }
}
