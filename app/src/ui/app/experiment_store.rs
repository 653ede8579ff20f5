//! Kept experiments: what the Compare screen asks for, and what came of it.

use super::LanesApp;
use crate::lab::shelf::{self, Contents, Shelf};
use crate::ui::message::{Note, StoreReply, StoreRequest};
use crate::ui::paths::expand_home;

impl LanesApp {
    /// Takes in how far the experiments have come; those that have just ended are kept.
    pub(super) fn update_lab(&mut self) {
        let Some(lab) = &self.lab else {
            return;
        };
        let was_running =
            self.compare.workspace.is_running() || self.compare.workspace.experiments.is_empty();
        self.compare.show(lab.snapshot());
        let is_over = was_running && self.compare.workspace.has_results();
        if is_over && self.experiment_store.is_some() {
            self.run_store_request(StoreRequest::Save(String::new()));
        }
    }

    /// Does what the screen asks of the shelf, in a thread of its own.
    pub(super) fn run_store_request(&mut self, request: StoreRequest) {
        if let StoreRequest::AddOverlay(file) = &request
            && self.compare.workspace.remove_overlay(file)
        {
            return;
        }
        if let StoreRequest::Import(typed) = request {
            let path = expand_home(&typed);
            let reply =
                move || shelf::import(&path).map(|kept| StoreReply::Opened(String::new(), kept));
            self.background
                .run_store_job(move || reply().map_err(|error| store_error(&error)));
            return;
        }
        let Some(shelf) = self.experiment_store.clone() else {
            let words = "Experiments cannot be kept: the system names no folder for them";
            self.show_note(Note::error(words));
            return;
        };
        let mut kept = self.compare.kept();
        let file = self.compare.workspace.file.clone();
        self.background.run_store_job(move || {
            let reply = || match request {
                StoreRequest::List | StoreRequest::Import(_) => {
                    Ok(StoreReply::Contents(shelf.contents()?))
                }
                StoreRequest::Save(name) => {
                    kept.name.clone_from(&name);
                    let file = if file.is_empty() {
                        shelf.keep(&kept)?
                    } else {
                        shelf.rename(&file, &name)?;
                        file
                    };
                    Ok(StoreReply::Saved(file, name, shelf.contents()?))
                }
                StoreRequest::Open(file) => {
                    shelf.open(&file).map(|kept| StoreReply::Opened(file, kept))
                }
                StoreRequest::AddOverlay(file) => shelf
                    .open(&file)
                    .map(|kept| StoreReply::OverlayOpened(file, kept)),
                StoreRequest::Rename(file, name) => {
                    contents_after(&shelf, shelf.rename(&file, &name))
                }
                StoreRequest::Remove(file) => contents_after(&shelf, shelf.remove(&file)),
            };
            reply().map_err(|error| store_error(&error))
        });
    }

    /// Takes in what came of it.
    pub(super) fn handle_store_reply(&mut self, reply: StoreReply) {
        match reply {
            StoreReply::Contents(contents) => self.compare.panel.show(contents),
            StoreReply::Saved(file, name, contents) => {
                self.compare.panel.show(contents);
                self.compare.workspace.file = file;
                if !name.is_empty() {
                    self.show_note(Note::info(format!("Kept as {name}")));
                }
                self.compare.workspace.name = name;
            }
            StoreReply::Opened(file, kept) => {
                // What was made last is kept, or was not worth it; its thread has ended.
                self.lab = None;
                self.compare.open(file, kept);
            }
            StoreReply::OverlayOpened(file, kept) => {
                if let Err(words) = self.compare.workspace.add_overlay(file, kept) {
                    self.show_note(Note::error(words));
                }
            }
        }
    }
}

/// What is there after something was done.
fn contents_after(
    shelf: &Shelf,
    done: Result<(), shelf::ShelfError>,
) -> Result<StoreReply, shelf::ShelfError> {
    done?;
    let contents: Contents = shelf.contents()?;
    Ok(StoreReply::Contents(contents))
}

fn store_error(error: &shelf::ShelfError) -> String {
    format!("That did not work: {error}")
}
