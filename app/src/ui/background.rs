//! What would make the window wait runs here, each job in a named thread of its own.
//!
//! 1. A job reports by one [`Answer`] through one bounded channel, and wakes the window.
//! 2. Finished threads are joined when their answers are fetched, the rest when the program ends.
//! 3. A file dialog is the exception: its portal may be dead and never answer. Its thread is joined
//!    once it has ended; one that still hangs when the program ends is left to end with the process,
//!    for a window that will not close is worse. It holds nothing that could be lost.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use eframe::egui::ColorImage;
use lanes_server::Server;
use lanes_shared::link::{self, LinkProfile};

use super::link_input::{self, LinkInput};
use super::message::{JobResult, Purpose, StoreReply};
use super::server;
use crate::engine::source::http::HttpOptions;
use crate::engine::{self, Destination, DownloadId, Request, Stop, Waker};

/// More answers than this wait in their threads.
const WAITING: usize = 32;
/// The longest side of a picture that is shown, in pixels.
const PICTURE_SIDE: u32 = 1024;
/// A picture whose pixels would take more memory than this is not shown.
const PICTURE_BYTES: u64 = 512 << 20;

/// The jobs that run, and their answers.
pub(crate) struct Background {
    sender: Sender<JobResult>,
    results: Option<Receiver<JobResult>>,
    threads: Vec<JoinHandle<()>>,
    dialog: Option<JoinHandle<()>>,
    waker: Waker,
}

impl Background {
    /// No jobs yet. `waker` is called when an answer is there.
    pub(crate) fn new(waker: Waker) -> Self {
        let (sender, results) = bounded(WAITING);
        Self {
            sender,
            results: Some(results),
            threads: Vec::new(),
            dialog: None,
            waker,
        }
    }

    /// The answers that are there, and joins the threads that have ended.
    pub(crate) fn take_results(&mut self) -> Vec<JobResult> {
        let results = self
            .results
            .as_ref()
            .map(|results| results.try_iter().collect())
            .unwrap_or_default();
        self.threads
            .extract_if(.., |thread| thread.is_finished())
            .for_each(join);
        if let Some(dialog) = self.dialog.take_if(|dialog| dialog.is_finished()) {
            join(dialog);
        }
        results
    }

    /// Whether a dialog is open: there is never more than one.
    pub(crate) fn dialog_is_open(&self) -> bool {
        self.dialog.is_some()
    }

    fn start(
        &self,
        name: &str,
        job: impl FnOnce() -> Option<JobResult> + Send + 'static,
    ) -> Option<JoinHandle<()>> {
        let sender = self.sender.clone();
        let waker = self.waker.clone();
        let started = Builder::new().name(name.to_owned()).spawn(move || {
            if let Some(result) = job() {
                // Without a receiver the program is ending, and nobody wants the answer.
                let _ = sender.send(result);
                waker();
            }
        });
        match started {
            Ok(thread) => Some(thread),
            Err(error) => {
                let words = format!("The system gives no thread for this: {error}");
                let _ = self.sender.try_send(JobResult::Failed(words));
                (self.waker)();
                None
            }
        }
    }

    fn run(&mut self, name: &str, job: impl FnOnce() -> Option<JobResult> + Send + 'static) {
        self.threads.extend(self.start(name, job));
    }

    /// Opens a dialog that asks for a file or folder.
    pub(crate) fn open_dialog(&mut self, purpose: Purpose, start: Option<PathBuf>, name: String) {
        if self.dialog.is_some() {
            return;
        }
        self.dialog = self.start("dialog", move || {
            let mut dialog = rfd::FileDialog::new();
            if let Some(folder) = start {
                dialog = dialog.set_directory(folder);
            }
            let path = match purpose {
                Purpose::SaveAs => dialog.set_file_name(name).save_file(),
                Purpose::ImportFile => dialog.add_filter("Experiment", &["json"]).pick_file(),
                Purpose::Metalink => {
                    let ends = ["meta4", "metalink"];
                    dialog.add_filter("Metalink", &ends).pick_file()
                }
                Purpose::DownloadFolder
                | Purpose::AddFolder
                | Purpose::ServerFolder
                | Purpose::ExportFolder => dialog.pick_folder(),
            };
            Some(JobResult::Dialog(purpose, path))
        });
    }

    /// Starts the local server.
    pub(crate) fn start_server(&mut self, request: server::StartRequest) {
        self.run("server-start", move || Some(server::start(request)));
    }

    /// Stops the local server.
    pub(crate) fn stop_server(&mut self, server: Arc<Server>) {
        self.run("server-stop", move || server::stop(server));
    }

    /// Has the local server emulate another link.
    pub(crate) fn set_link(&mut self, server: Arc<Server>, link: Option<LinkProfile>) {
        self.run("server-link", move || server::set_link(server, link));
    }

    /// Finds out whether the path that was typed is a folder or a file to be. What ends with a slash
    /// is a folder, even one that is not there yet.
    pub(crate) fn find_destination(
        &mut self,
        id: Option<DownloadId>,
        mut request: Box<Request>,
        typed: String,
        path: PathBuf,
    ) {
        self.run("destination", move || {
            let closed = typed.ends_with(['/', std::path::MAIN_SEPARATOR]);
            request.destination = if closed || path.is_dir() {
                Destination::Folder(path)
            } else {
                Destination::File(path)
            };
            Some(JobResult::Destination(id, request, typed))
        });
    }

    /// Finds out what a link or a path is.
    pub(crate) fn fetch_metadata(&mut self, input: LinkInput, options: HttpOptions, stop: Stop) {
        self.run("look", move || {
            let metadata = link_input::fetch_metadata(&input, &options, &stop);
            // Else nobody wants to know any more.
            let is_wanted = !stop.is_stopped();
            is_wanted.then(|| JobResult::MetadataFetched(input.key(), metadata))
        });
    }

    /// Reads and shrinks a picture.
    pub(crate) fn read_picture(&mut self, id: DownloadId, path: PathBuf) {
        self.run("picture", move || {
            Some(JobResult::Picture(
                id,
                decode(&path).map_err(|e| e.to_string()),
            ))
        });
    }

    /// Reads a link profile from a file.
    pub(crate) fn read_link(&mut self, path: PathBuf) {
        self.run("link", move || {
            let name = path.display().to_string();
            let profile = link::argument(&name, |_| read_start(&path));
            Some(match profile {
                Ok(profile) => JobResult::Link(Box::new(profile)),
                Err(words) => JobResult::Failed(format!("The link cannot be read: {words}")),
            })
        });
    }

    /// Does something with kept experiments.
    pub(crate) fn run_store_job(
        &mut self,
        job: impl FnOnce() -> Result<StoreReply, String> + Send + 'static,
    ) {
        self.run("shelf", move || {
            Some(match job() {
                Ok(reply) => JobResult::ExperimentStore(reply),
                Err(words) => JobResult::Failed(words),
            })
        });
    }

    /// Opens a file with the program that the system has for it.
    pub(crate) fn open(&mut self, path: PathBuf) {
        self.run("open", move || {
            let error = opener::open(&path).err()?;
            let path = path.display();
            Some(JobResult::Failed(format!(
                "The system cannot open it: {error}: {path}"
            )))
        });
    }

    /// Opens the folder of a file.
    pub(crate) fn open_folder_of(&mut self, path: PathBuf) {
        self.run("open-folder", move || {
            let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
            let error = opener::open(&folder).err()?;
            let folder = folder.display();
            Some(JobResult::Failed(format!(
                "The system cannot open the folder: {error}: {folder}"
            )))
        });
    }

    /// Writes exports, each named and with its bytes, into a folder. An existing file is never replaced.
    pub(crate) fn export(
        &mut self,
        folder: PathBuf,
        files: impl FnOnce() -> Result<Vec<(&'static str, Vec<u8>)>, String> + Send + 'static,
    ) {
        self.run("export", move || {
            let written = files().and_then(|files| {
                let write =
                    |(name, bytes): &(&str, Vec<u8>)| engine::save_new(&folder.join(name), bytes);
                files
                    .iter()
                    .map(write)
                    .collect::<Result<_, _>>()
                    .map_err(|error| {
                        format!(
                            "The export cannot be written: {error}: {}",
                            folder.display()
                        )
                    })
            });
            Some(match written {
                Ok(paths) => JobResult::Exported(paths),
                Err(words) => JobResult::Failed(words),
            })
        });
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // First of all: no thread may wait for room in a channel that nobody empties.
        self.results = None;
        for thread in std::mem::take(&mut self.threads) {
            join(thread);
        }
        if let Some(dialog) = self.dialog.take_if(|dialog| dialog.is_finished()) {
            join(dialog);
        }
    }
}

fn join(thread: JoinHandle<()>) {
    let name = thread.thread().name().unwrap_or_default().to_owned();
    if thread.join().is_err() {
        tracing::error!("the thread `{name}` panicked");
    }
}

/// Reads a text, but no more of it than shows that it is too long for a link profile.
fn read_start(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    file.take(1 << 16).read_to_string(&mut text)?;
    Ok(text)
}

/// Reads a picture and shrinks it to at most [`PICTURE_SIDE`].
fn decode(path: &Path) -> Result<ColorImage, image::ImageError> {
    let mut reader = image::ImageReader::open(path)?.with_guessed_format()?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(PICTURE_BYTES);
    reader.limits(limits);
    let mut picture = reader.decode()?;
    if picture.width().max(picture.height()) > PICTURE_SIDE {
        picture = picture.thumbnail(PICTURE_SIDE, PICTURE_SIDE);
    }
    let pixels = picture.to_rgba8();
    let size = [pixels.width() as usize, pixels.height() as usize];
    Ok(ColorImage::from_rgba_unmultiplied(size, pixels.as_raw()))
}
