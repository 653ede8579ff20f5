//! Blocking work, each job on a named thread of its own.
//!
//! 1. A job sends one [`JobResult`] through a bounded channel and wakes the window.
//! 2. Finished threads are joined when the results are taken, all others when the program ends.
//! 3. File dialogs are the exception: a dead desktop portal never answers. Their thread is joined
//!    once it has ended; one that hangs at shutdown ends with the process, so that the window can
//!    close. It holds no state worth saving.

mod class_jobs;
mod list_jobs;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use lanes_server::Server;
use lanes_shared::lesson::{self, Lesson};
use lanes_shared::link::{self, LinkProfile};

use super::link_input::{self, LinkInput};
use super::message::{JobResult, LessonRun, Purpose, StoreReply};
use super::picture_decoder;
use super::program_file;
use super::sample_picture;
use super::server;
use super::system_opener;
use crate::bounded_text;
use crate::lab::Experiment;
use crate::lab::analysis::prediction::{SIMULATED_RUNS, predictions_of};
use crate::lab::analysis::simulated_run::SimulatedDownload;
use crate::lab::race::Race;
use lanes_engine::HttpOptions;
use lanes_engine::{self, CancelToken, Destination, DownloadId, DownloadSpec, Waker};

/// Capacity of the result channel; further jobs block in their threads.
const WAITING: usize = 32;

/// The running jobs and their results.
pub(crate) struct Background {
    sender: Sender<JobResult>,
    results: Option<Receiver<JobResult>>,
    threads: Vec<JoinHandle<()>>,
    dialog: Option<JoinHandle<()>>,
    waker: Waker,
}

impl Background {
    /// Creates the job runner. `waker` is called after each result.
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

    /// Returns the available results and joins the threads that have ended.
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

    /// Returns whether a file dialog is open; at most one is.
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
                // Without a receiver the program is ending.
                let _ = sender.send(result);
                waker();
            }
        });
        match started {
            Ok(thread) => Some(thread),
            Err(error) => {
                let words = format!("Cannot start a thread: {error}");
                let _ = self.sender.try_send(JobResult::Failed(words));
                (self.waker)();
                None
            }
        }
    }

    /// Runs a job on a thread of this name.
    pub(super) fn run(
        &mut self,
        name: &str,
        job: impl FnOnce() -> Option<JobResult> + Send + 'static,
    ) {
        self.threads.extend(self.start(name, job));
    }

    /// Opens a dialog for choosing a file or folder.
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
                Purpose::Lesson => dialog.add_filter("Lesson", &["toml"]).pick_file(),
                Purpose::Metalink => {
                    let ends = ["meta4", "metalink"];
                    dialog.add_filter("Metalink", &ends).pick_file()
                }
                Purpose::Unfinished | Purpose::LinkList => dialog.pick_file(),
                Purpose::DownloadFolder
                | Purpose::AddFolder
                | Purpose::MoveFolder
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

    /// Makes the local server emulate another link.
    pub(crate) fn set_link(&mut self, server: Arc<Server>, link: Option<LinkProfile>) {
        self.run("server-link", move || server::set_link(server, link));
    }

    /// Resolves a typed path into a folder or a file name. A path with a trailing slash is a folder
    /// even if it does not exist yet; any other new path is a file name if it has an extension.
    pub(crate) fn find_destination(
        &mut self,
        id: Option<DownloadId>,
        mut request: Box<DownloadSpec>,
        typed: String,
        path: PathBuf,
    ) {
        self.run("destination", move || {
            let closed = typed.ends_with(['/', std::path::MAIN_SEPARATOR]);
            request.destination = if closed || path.is_dir() {
                Destination::Folder(path)
            } else if path.exists() || path.extension().is_some() {
                Destination::File(path)
            } else {
                return Some(JobResult::UnclearDestination(id, request, typed, path));
            };
            Some(JobResult::Destination(id, request, typed))
        });
    }

    /// Fetches the metadata of an input.
    pub(crate) fn fetch_metadata(
        &mut self,
        input: LinkInput,
        options: HttpOptions,
        stop: CancelToken,
    ) {
        self.run("metadata", move || {
            let metadata = link_input::fetch_metadata(&input, &options, &stop);
            // A cancelled lookup has no receiver.
            let is_wanted = !stop.is_cancelled();
            is_wanted.then(|| JobResult::MetadataFetched(input.key(), metadata))
        });
    }

    /// Decodes a picture and scales it down.
    pub(crate) fn read_picture(&mut self, id: DownloadId, path: PathBuf) {
        self.run("picture", move || {
            Some(JobResult::Picture(
                id,
                picture_decoder::decode(&path).map_err(|e| e.to_string()),
            ))
        });
    }

    /// Decodes the bundled picture.
    pub(crate) fn read_sample(&mut self) {
        self.run("sample", move || {
            let bytes = lanes_server::bundled_file(sample_picture::SHOWN)?;
            Some(match picture_decoder::decode_bytes(bytes) {
                Ok(image) => JobResult::Sample(image),
                Err(error) => JobResult::Failed(format!("Cannot show the sample picture: {error}")),
            })
        });
    }

    /// Drops a race, which joins its threads.
    pub(crate) fn end_race(&mut self, race: Race) {
        self.run("race-end", move || {
            drop(race);
            None
        });
    }

    /// Reads a link profile from a file.
    pub(crate) fn read_link(&mut self, path: PathBuf) {
        self.run("link", move || {
            let name = path.display().to_string();
            let profile = link::parse_profile_arg(&name, |path| {
                bounded_text::read(Path::new(path), link::trace::MAX_LEN)
            });
            Some(match profile {
                Ok(profile) => JobResult::Link(Box::new(profile)),
                Err(words) => JobResult::Failed(format!("Cannot read the link profile: {words}")),
            })
        });
    }

    /// Predicts planned experiments: roughly first, then with the band of several simulated runs.
    pub(crate) fn predict(
        &mut self,
        number: u64,
        planned: Vec<Arc<Experiment>>,
        cancel: CancelToken,
    ) {
        let (sender, waker) = (self.sender.clone(), self.waker.clone());
        self.run("prediction", move || {
            let rough = predicted(&planned, 1, &cancel)?;
            if sender.send(JobResult::Predicted(number, rough)).is_err() {
                return None;
            }
            waker();
            let complete = predicted(&planned, SIMULATED_RUNS, &cancel)?;
            Some(JobResult::Predicted(number, complete))
        });
    }

    /// Simulates the packets of one run.
    pub(crate) fn simulate(&mut self, number: u64, download: SimulatedDownload) {
        self.run("packets", move || {
            Some(JobResult::Simulated(number, Arc::new(download.run())))
        });
    }

    /// Reads a lesson.
    pub(crate) fn read_lesson(&mut self, path: PathBuf) {
        self.run("lesson-file", move || {
            let shown = path.display();
            let read = bounded_text::read(&path, lesson::MAX_LEN);
            let read = read.map_err(|error| format!("Cannot read {shown}: {error}"));
            let lesson = read.and_then(|text| {
                let parsed = Lesson::from_toml(&text);
                parsed.map_err(|error| format!("{shown}: {error}"))
            });
            Some(JobResult::LessonOpened(lesson.map(Box::new)))
        });
    }

    /// Simulates curves of a lesson.
    pub(crate) fn run_lesson(&mut self, request: LessonRun) {
        self.run("lesson", move || {
            let keep_running = || !request.cancel.is_cancelled();
            let run = |curve: &usize| {
                let readings = request.lesson.run(*curve, &keep_running)?;
                Some((*curve, readings))
            };
            let results: Option<Vec<_>> = request.curves.iter().map(run).collect();
            Some(JobResult::LessonRan(request.key, results?))
        });
    }

    /// Runs a request to the experiment store.
    pub(crate) fn run_store_job(
        &mut self,
        job: impl FnOnce() -> Result<StoreReply, String> + Send + 'static,
    ) {
        self.run("experiments", move || {
            Some(match job() {
                Ok(reply) => JobResult::ExperimentStore(reply),
                Err(words) => JobResult::Failed(words),
            })
        });
    }

    /// Opens a file with the system's default program. Unless `is_confirmed`, a file that could be started
    /// is not opened, but reported.
    pub(crate) fn open(&mut self, path: PathBuf, is_confirmed: bool) {
        self.run("open", move || {
            if !is_confirmed && program_file::is_program(&path) {
                return Some(JobResult::IsProgram(path));
            }
            let error = system_opener::open(&path).err()?;
            let path = path.display();
            Some(JobResult::Failed(format!("Cannot open {path}: {error}")))
        });
    }

    /// Opens the folder of a file.
    pub(crate) fn open_folder_of(&mut self, path: PathBuf) {
        self.run("open-folder", move || {
            let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
            let error = system_opener::open(&folder).err()?;
            let folder = folder.display();
            Some(JobResult::Failed(format!(
                "Cannot open the folder {folder}: {error}"
            )))
        });
    }

    /// Writes named files into a folder. Never overwrites an existing file.
    pub(crate) fn export(
        &mut self,
        folder: PathBuf,
        files: impl FnOnce() -> Result<Vec<(String, Vec<u8>)>, String> + Send + 'static,
    ) {
        self.run("export", move || {
            let written = files().and_then(|files| {
                let write = |(name, bytes): &(String, Vec<u8>)| {
                    lanes_engine::save_new(&folder.join(name), bytes)
                };
                files
                    .iter()
                    .map(write)
                    .collect::<Result<_, _>>()
                    .map_err(|error| {
                        format!("Cannot write the export: {error}: {}", folder.display())
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
        // Closed first: a thread must not block on a channel that is no longer read.
        self.results = None;
        for thread in std::mem::take(&mut self.threads) {
            join(thread);
        }
        if let Some(dialog) = self.dialog.take_if(|dialog| dialog.is_finished()) {
            join(dialog);
        }
    }
}

/// Returns the experiments with predictions of `runs` simulated runs; `None` once cancelled.
fn predicted(
    planned: &[Arc<Experiment>],
    runs: u64,
    cancel: &CancelToken,
) -> Option<Vec<Arc<Experiment>>> {
    let keep_running = || !cancel.is_cancelled();
    let predict = |one: &Arc<Experiment>| {
        let len = one.len.unwrap_or_default();
        let predictions = predictions_of(&one.plan, len, runs, &keep_running);
        Arc::new(Experiment {
            predictions,
            ..Experiment::clone(one)
        })
    };
    let all = planned.iter().map(predict).collect();
    keep_running().then_some(all)
}

fn join(thread: JoinHandle<()>) {
    let name = thread.thread().name().unwrap_or_default().to_owned();
    if thread.join().is_err() {
        tracing::error!("the thread `{name}` panicked");
    }
}
