//! Executes the actions of the screens.

use std::net::SocketAddr;

use super::known_links::KnownLinks;
use super::list_control::Removals;
use super::{LanesApp, Screen};
use crate::lab::Lab;
use crate::ui::message::{Action, Note};
use crate::ui::paths::expand_home;
use crate::ui::{format, server};
use lanes_engine::HttpOptions;
use lanes_engine::{Command, DownloadId};

/// Up to this many downloaded bytes are deleted without confirmation.
const SMALL_DELETE: u64 = 1_000_000;

impl LanesApp {
    pub(super) fn dispatch(&mut self, actions: Vec<Action>) {
        let mut removals = Removals::default();
        let mut known = KnownLinks::default();
        for action in actions {
            match action {
                Action::Engine(command) => {
                    if let Some(engine) = &self.engine {
                        engine.send(command);
                    }
                }
                Action::Download(request, typed) => {
                    if let Some(request) =
                        known.take_known(&self.snapshot, self.listen, *request, &typed)
                    {
                        self.download(None, request, &typed);
                    }
                }
                Action::List(action) => self.list_action(action, &mut removals),
                Action::Change(id, request, typed) => self.download(Some(id), *request, &typed),
                Action::KeepPaused(id) => {
                    self.stay_paused.insert(id);
                }
                Action::SaveTo(id, request, typed) => self.destination_found(id, *request, &typed),
                Action::Edit(id) => {
                    if let Some(download) = self.snapshot.download(id).cloned() {
                        self.screen = Screen::Downloads;
                        self.downloads.open_edit(&download);
                    }
                }
                Action::Cancel(id) => self.cancel(id),
                Action::Show(id) => {
                    self.screen = Screen::Downloads;
                    self.downloads.show(id);
                }
                Action::Run(plans) => match Lab::start(plans, self.repaint.waker()) {
                    Ok(lab) => {
                        self.compare.begin();
                        self.lab = Some(lab);
                    }
                    Err(error) => self.show_note(Note::error(error.to_string())),
                },
                Action::Predict(number, planned, cancel) => {
                    self.background.predict(number, planned, cancel);
                }
                Action::Simulate(number, download) => {
                    self.background.simulate(number, *download);
                }
                Action::CancelRun => {
                    if let Some(lab) = &self.lab {
                        lab.cancel();
                    }
                }
                Action::Export(formats, typed) => self.export(formats, &typed),
                Action::ExperimentStore(request) => self.run_store_request(request),
                Action::ReadLink(typed) => self.background.read_link(expand_home(&typed)),
                Action::OpenDialog(purpose) => self.open_dialog(purpose),
                Action::Open(path) => self.background.open(path, false),
                Action::OpenProgram(path) => self.background.open(path, true),
                Action::OpenFolderOf(path) => self.background.open_folder_of(path),
                Action::ReadPicture(id, path) => self.background.read_picture(id, path),
                Action::ReadSample => {
                    if self.sample.request() {
                        self.background.read_sample();
                    }
                }
                Action::Race(action) => self.race(action),
                Action::Lesson(action) => self.lesson(action),
                Action::Class(action) => self.class(action),
                Action::ConnectBrowsers(connects) => self.background.connect_browsers(connects),
                Action::ExportList(format) => self.export_list(format),
                Action::AddList(specs) => self.add_list(specs),
                Action::Autostart(is_on, is_minimized) => {
                    self.background.set_autostart(is_on, is_minimized);
                }
                Action::Schedule(action) => self.schedule_action(&action),
                Action::AnswerPrograms(answer) => {
                    if let Some(interface) = self.interface.running() {
                        interface.answer(answer);
                    }
                }
                Action::StartServer => match self.server.start_request() {
                    Ok(mut request) => {
                        request.config.on_change = Some(self.repaint.watcher());
                        let captures = self.server.form.captures;
                        request.capture_in = captures.then(|| self.folder_for(""));
                        self.local_server = server::LocalServer::Starting;
                        self.background.start_server(request);
                    }
                    Err(words) => self.show_note(Note::error(words)),
                },
                Action::FetchMetadata(input, stop) => {
                    let options = HttpOptions {
                        proxy: self.settings.proxy(),
                        ..HttpOptions::default()
                    };
                    self.background.fetch_metadata(input, options, stop);
                }
                Action::OpenMetalink(id) => self.open_metalink(id),
                Action::MoveServer(port) => {
                    self.move_server(SocketAddr::new(self.listen.ip(), port));
                }
                Action::StopServer => {
                    if let server::LocalServer::Running(server) =
                        std::mem::replace(&mut self.local_server, server::LocalServer::Stopping)
                    {
                        self.background.stop_server(server);
                    }
                }
                Action::SetLink(link) => {
                    if let server::LocalServer::Running(server) = &self.local_server {
                        self.background
                            .set_link(server.clone(), link.map(|link| *link));
                    }
                }
                Action::ShowFailed => {
                    self.screen = Screen::Downloads;
                    self.downloads.show_failed();
                }
                Action::ShowNote(note) => self.show_note(note),
            }
        }
        self.remove_all(removals);
        if let Some(note) = known.into_note() {
            self.show_note(note);
        }
    }

    /// Replaces a download that turned out to be a Metalink file by the Add dialog with the file's
    /// contents.
    pub(super) fn open_metalink(&mut self, id: DownloadId) {
        let Some(download) = self.snapshot.download(id).cloned() else {
            return;
        };
        self.dispatch(vec![Action::Engine(Command::Remove(id))]);
        self.screen = Screen::Downloads;
        self.downloads.open_add(&download.source.full_link());
    }

    /// Cancels a download and deletes its data, after confirmation if there is much of it.
    fn cancel(&mut self, id: DownloadId) {
        let Some(download) = self.snapshot.download(id) else {
            return;
        };
        let command = Action::Engine(Command::Cancel(id));
        if download.done <= SMALL_DELETE {
            self.dispatch(vec![command]);
            return;
        }
        let (name, done) = (&download.name, format::size(download.done));
        let words = format!("Cancel {name} and delete the {done} downloaded?");
        self.show_note(Note::info(words).with_action("Cancel download", command));
    }
}
