//! Handles the results of background jobs.

use std::net::SocketAddr;
use std::path::PathBuf;

use eframe::egui;

use super::{LanesApp, Screen};
use crate::browsers::Browser;
use crate::ui::message::{Action, BrowsersChange, JobResult, Note};
use crate::ui::server;
use lanes_engine::{Command, Destination, DownloadId, DownloadSpec, one_line};

impl LanesApp {
    pub(super) fn handle_result(&mut self, ctx: &egui::Context, result: JobResult) {
        match result {
            JobResult::Dialog(purpose, Some(path)) => self.path_chosen(purpose, &path),
            JobResult::Dialog(_, None) => {}
            JobResult::ServerStarted(server, remark) => {
                let addr = server.addr();
                self.local_server = server::LocalServer::Running(server);
                self.set_server_address(addr);
                self.apply_class();
                if let Some(remark) = remark {
                    self.show_note(Note::info(format!("{remark}: {addr}")));
                }
                self.server_started();
            }
            JobResult::ServerFailed(words) => {
                self.show_note(Note::error(format!("The local server failed: {words}")));
                self.local_server = server::LocalServer::Failed(words);
            }
            JobResult::ServerStopped => self.server_stopped(),
            JobResult::ServerLink(outcome) => {
                self.server.link.link_applied();
                if let Err(words) = outcome {
                    self.show_note(Note::error(format!("The link was not changed: {words}")));
                }
            }
            JobResult::ResultsOpened(opened) => self.results_opened(opened),
            JobResult::ResultsSent(outcome) => self.results_sent(outcome),
            JobResult::Addresses(found) => self.server.address.show(found),
            JobResult::Picture(id, picture) => self.downloads.show_picture(ctx, id, picture),
            JobResult::Sample(image) => self.sample.show(ctx, image),
            JobResult::Destination(id, request, typed) => {
                self.destination_found(id, *request, &typed);
            }
            JobResult::UnclearDestination(id, request, typed, path) => {
                self.ask_destination(id, &request, &typed, path);
            }
            JobResult::MetadataFetched(key, metadata) => {
                if let Some(form) = &mut self.downloads.add {
                    form.metadata_fetched(&key, metadata);
                }
            }
            JobResult::IsProgram(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let words = format!(
                    "{} may be a program: opening it can run code from the download",
                    one_line(&name)
                );
                let open = Action::OpenProgram(path.clone());
                self.show_note(Note::info(words).with_action("Open anyway", open));
            }
            JobResult::Exported(paths) => {
                let paths: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
                self.show_note(Note::info(format!("Exported to {}", paths.join(", "))));
            }
            JobResult::Predicted(number, planned) => self.compare.preview.show(number, planned),
            JobResult::ExperimentStore(reply) => self.handle_store_reply(reply),
            JobResult::Simulated(number, run) => self.compare.simulated(number, run),
            JobResult::LessonOpened(outcome) => self.lessons.opened(outcome),
            JobResult::LessonRan(key, results) => self.lessons.ran(key, results),
            JobResult::Link(profile) => {
                let link = match self.screen {
                    Screen::Server => &mut self.server.link.form,
                    _ => &mut self.compare.form.link,
                };
                link.set(&profile);
            }
            JobResult::Trashed(trashed) => self.trashed(trashed),
            JobResult::Restored(ids, outcome) => self.restored(ids, outcome),
            JobResult::LinkList(links) => {
                self.screen = Screen::Downloads;
                self.downloads.add_to_form(&links);
            }
            JobResult::Browsers(change) => self.browsers_changed(change),
            JobResult::InterfaceStarted(outcome, config) => self.interface.started(outcome, config),
            JobResult::List(path, specs) => self.list_read(&path, specs),
            JobResult::ProgramStarted(program, child) => self.programs.push((program, child)),
            JobResult::InterfaceStopped => self.interface.stopped(),
            JobResult::Failed(words) => self.show_note(Note::error(words)),
        }
    }

    /// Reports which browsers are connected, and the folder to load the extension from.
    fn browsers_changed(&mut self, change: BrowsersChange) {
        let names = |browsers: &[Browser]| {
            let names: Vec<_> = browsers.iter().map(|browser| browser.name()).collect();
            names.join(", ")
        };
        let note = match change {
            BrowsersChange::Connected(connected) => {
                let (browsers, folder) = (names(&connected.browsers), connected.extension);
                let words = format!(
                    "{browsers} can reach Lanes. Load the extension from {}",
                    folder.display()
                );
                let manifest = folder.join("manifest.json");
                Note::info(words).with_action("Open its folder", Action::OpenFolderOf(manifest))
            }
            BrowsersChange::Disconnected(browsers) if browsers.is_empty() => {
                Note::info("No browser was connected")
            }
            BrowsersChange::Disconnected(browsers) => {
                Note::info(format!("Disconnected: {}", names(&browsers)))
            }
        };
        self.show_note(note);
    }

    /// Starts or changes a download whose destination is known.
    pub(super) fn destination_found(
        &mut self,
        id: Option<DownloadId>,
        request: DownloadSpec,
        typed: &str,
    ) {
        // A file name applies to this download only; a folder also applies to the next ones.
        if matches!(request.destination, Destination::File(_))
            && self.downloads.save_to.trim() == typed
        {
            self.downloads.save_to.clear();
        }
        if let Destination::Folder(folder) = &request.destination {
            self.settings.used(folder);
        }
        self.start(id, request);
    }

    /// Asks whether a path that does not exist is a folder or a file name.
    fn ask_destination(
        &mut self,
        id: Option<DownloadId>,
        request: &DownloadSpec,
        typed: &str,
        path: PathBuf,
    ) {
        let save_to = |destination| {
            let request = DownloadSpec {
                destination,
                ..request.clone()
            };
            Action::SaveTo(id, Box::new(request), typed.to_owned())
        };
        let words = format!(
            "{} does not exist: is it a folder or a file name?",
            path.display()
        );
        let note = Note::info(words)
            .with_action("Save as file", save_to(Destination::File(path.clone())))
            .with_action("Create folder", save_to(Destination::Folder(path)));
        self.show_note(note);
    }

    /// Points the forms that use the local server to its new address.
    pub(super) fn set_server_address(&mut self, addr: SocketAddr) {
        self.listen = addr;
        let (before, now) = self.server.set_address(addr);
        let (before, now) = (before.to_string(), now.to_string());
        for form in [&mut self.downloads.source, &mut self.compare.form.source] {
            if form.server.trim() == before {
                form.server.clone_from(&now);
            }
        }
        if let (Some(engine), Ok(server)) = (&self.engine, now.parse()) {
            engine.send(Command::Browse(server));
        }
    }

    /// Starts a download, or restarts the download `id` with another request.
    pub(super) fn start(&mut self, id: Option<DownloadId>, request: DownloadSpec) {
        match (&self.engine, id) {
            (Some(_), None) => self.add_within_hours(request),
            (Some(engine), Some(id)) if self.add_paused.remove(&id) => {
                engine.send(Command::AddPaused(id, Box::new(request)));
                self.downloads.started(id);
            }
            (Some(engine), Some(id)) => {
                let change = match self.stay_paused.remove(&id) {
                    true => Command::ChangePaused,
                    false => Command::Change,
                };
                engine.send(change(id, Box::new(request)));
            }
            (None, _) => {}
        }
    }
}
