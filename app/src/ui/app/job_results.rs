//! What came of jobs that ran elsewhere, taken in.

use std::net::SocketAddr;

use eframe::egui;

use super::{LanesApp, Note, Screen};
use crate::engine::{Command, Destination, DownloadId, Request};
use crate::ui::background::Answer;
use crate::ui::server;

impl LanesApp {
    pub(super) fn answer(&mut self, ctx: &egui::Context, answer: Answer) {
        match answer {
            Answer::Dialog(purpose, Some(path)) => self.chosen(purpose, &path),
            Answer::Dialog(_, None) => {}
            Answer::ServerStarted(server, remark) => {
                let addr = server.addr();
                self.local = server::Local::Running(server);
                self.point_at(addr);
                if let Some(remark) = remark {
                    self.say(Note::good(format!("{remark}: {addr}")));
                }
                self.server_started();
            }
            Answer::ServerFailed(words) => {
                self.say(Note::bad(format!("The local server does not run: {words}")));
                self.local = server::Local::Failed(words);
            }
            Answer::ServerStopped => self.server_stopped(),
            Answer::ServerLink(outcome) => {
                self.server.link.is_set();
                if let Err(words) = outcome {
                    self.say(Note::bad(format!("The link is not changed: {words}")));
                }
            }
            Answer::Picture(id, picture) => self.downloads.show_picture(ctx, id, picture),
            Answer::Destination(id, request, typed) => {
                // A file's name is meant for this one download, a folder for those after it too.
                if matches!(request.destination, Destination::File(_))
                    && self.downloads.save_to.trim() == typed
                {
                    self.downloads.save_to.clear();
                }
                if let Destination::Folder(folder) = &request.destination {
                    self.settings.used(folder);
                }
                self.start(id, *request);
            }
            Answer::Looked(key, came) => {
                if let Some(form) = &mut self.downloads.add {
                    form.looked(&key, came);
                }
            }
            Answer::Exported(paths) => {
                let paths: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
                self.say(Note::good(format!("Exported to {}", paths.join(", "))));
            }
            Answer::Shelf(told) => self.told(told),
            Answer::Link(profile) => {
                let link = match self.screen {
                    Screen::Server => &mut self.server.link.form,
                    _ => &mut self.compare.form.link,
                };
                link.set(&profile);
            }
            Answer::Failed(words) => self.say(Note::bad(words)),
        }
    }

    /// Lets the forms that asked the local server ask it where it is now.
    pub(super) fn point_at(&mut self, addr: SocketAddr) {
        self.listen = addr;
        let (before, now) = self.server.is_at(addr);
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

    /// Starts a download, or starts the one with this number anew as something else.
    pub(super) fn start(&mut self, id: Option<DownloadId>, request: Request) {
        match (&self.engine, id) {
            (Some(engine), None) => self.downloads.started(engine.add(request)),
            (Some(engine), Some(id)) => engine.send(Command::Change(id, Box::new(request))),
            (None, _) => {}
        }
    }
}
