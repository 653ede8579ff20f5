//! `lanes native-host`: the program that the browser extension talks to.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use lanes_engine::safe_name;
use serde_json::{Value, json};

use super::daemon_client::{self, DaemonClient};
use super::failure::Failure;
use crate::handed_download::HandedDownload;
use crate::instance::{self, Handed};
use crate::native_host::{self, Receiver};
use crate::own_program;

/// Longest wait for an answer of the window or the daemon: the browser waits a second for both.
const ANSWER: Duration = Duration::from_millis(400);
/// Longest time that the window may take to open; the extension waits a little longer.
const START: Duration = Duration::from_secs(10);
/// Pause between two looks for the window that opens.
const PAUSE: Duration = Duration::from_millis(50);

/// File whose lock gives the right to open a window.
const LOCK: &str = "starting.lock";

/// Arguments of `lanes native-host`.
#[derive(Debug, Args)]
#[command(
    after_help = "Browsers start it as the file says that lanes integrate writes. Each message on the standard input and
output is its length in four bytes, and JSON."
)]
pub struct NativeHostArgs {
    /// Arguments of the browser: the extension that calls
    #[arg(
        value_name = "ARG",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    _args: Vec<std::ffi::OsString>,
}

/// Reason why downloads are not taken.
#[derive(Debug, thiserror::Error)]
enum GiveError {
    #[error("cannot start Lanes: {0}")]
    Start(std::io::Error),
    #[error("Lanes ended at its start: is there a display for its window?")]
    Ended,
    #[error("Lanes did not open its window within {} s", START.as_secs())]
    TimedOut,
    #[error("the daemon refused: {0}")]
    Daemon(String),
}

/// Answers the messages of the extension until the browser ends the conversation.
pub(super) fn run(_: &NativeHostArgs) -> Result<(), Failure> {
    let lanes = WindowOrDaemon {
        folder: instance::default_folder(),
    };
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    native_host::run(&mut input, &mut output, &lanes).map_err(Failure::failed)
}

/// The open window of this user, else the daemon; a new window if neither runs.
struct WindowOrDaemon {
    folder: Option<PathBuf>,
}

impl WindowOrDaemon {
    fn give_to_window(&self, downloads: &[HandedDownload]) -> bool {
        let handed = Handed {
            downloads: downloads.to_vec(),
            ..Handed::default()
        };
        let folder = self.folder.as_ref();
        folder.is_some_and(|folder| instance::hand_over(folder, &handed, ANSWER))
    }

    /// Takes the right to open a window: two clicks in the browser open only one.
    fn lock(&self) -> std::io::Result<Option<File>> {
        let folder = self.folder.as_ref().ok_or(std::io::ErrorKind::NotFound)?;
        lanes_engine::create_private_folder(folder)?;
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Opens a window that outlives the browser.
fn open_window() -> Result<Child, GiveError> {
    let program = own_program::path().map_err(GiveError::Start)?;
    let mut command = Command::new(program);
    // The browser reads the standard output of this process.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    detach(&mut command);
    command.spawn().map_err(GiveError::Start)
}

impl Receiver for WindowOrDaemon {
    type Error = GiveError;

    fn is_running(&self) -> bool {
        let folder = self.folder.as_ref();
        folder.is_some_and(|folder| instance::is_open(folder, ANSWER))
            || daemon_client::running(ANSWER).is_some()
    }

    fn give(&self, downloads: &[HandedDownload]) -> Result<bool, GiveError> {
        if self.give_to_window(downloads) {
            return Ok(true);
        }
        match daemon_client::running(ANSWER) {
            Some(daemon) => give_to_daemon(&daemon, downloads).map(|()| true),
            None => Ok(false),
        }
    }

    fn start_and_give(&self, downloads: &[HandedDownload]) -> Result<(), GiveError> {
        let until = Instant::now() + START;
        let (mut lock, mut window) = (None, None);
        loop {
            // Before the next try: the holder of the lock until now has opened the window.
            if lock.is_none() {
                lock = self.lock().map_err(GiveError::Start)?;
            }
            if self.give_to_window(downloads) {
                return Ok(());
            }
            if window.is_none() && lock.is_some() {
                window = Some(open_window()?);
            }
            let ended = window.as_mut().map(Child::try_wait);
            if matches!(ended, Some(Ok(Some(_)))) {
                return Err(GiveError::Ended);
            }
            if Instant::now() >= until {
                return Err(GiveError::TimedOut);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Adds downloads to the daemon in one request.
fn give_to_daemon(daemon: &DaemonClient, downloads: &[HandedDownload]) -> Result<(), GiveError> {
    let params: Vec<_> = downloads.iter().map(params).collect();
    let given = daemon.call_each("aria2.addUri", &params);
    given.map_err(|failure| GiveError::Daemon(failure.message()))
}

/// Returns the parameters that add a download, with aria2's names of options.
fn params(download: &HandedDownload) -> [Value; 2] {
    let headers = download.headers.iter();
    let headers: Vec<String> = headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let mut options = json!({ "header": headers });
    if let Some(name) = download.name.as_deref().filter(|name| !name.is_empty()) {
        options["out"] = safe_name(name).into();
    }
    [json!([download.url]), options]
}

/// Lets a program outlive the browser.
#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;

    command.process_group(0);
}

/// Lets a program outlive the browser, which ends all processes of the host's job.
#[cfg(windows)]
fn detach(command: &mut Command) {
    use std::os::windows::process::CommandExt as _;

    const DETACHED_PROCESS: u32 = 0x8;
    const CREATE_BREAKAWAY_FROM_JOB: u32 = 0x0100_0000;
    command.creation_flags(DETACHED_PROCESS | CREATE_BREAKAWAY_FROM_JOB);
}
