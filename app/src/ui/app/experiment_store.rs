//! Executes the Compare screen's requests to the experiment store and handles its replies.

use std::sync::Arc;

use super::LanesApp;
use crate::lab::store::experiment_store::{self, ExperimentStore, StoreContents};
use crate::ui::message::{Note, StoreReply, StoreRequest};
use crate::ui::paths::expand_home;

impl LanesApp {
    /// Updates the experiments from the lab; saves them once they have finished.
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
        if is_over && self.compare.class.sends {
            self.send_results();
        }
    }

    /// Runs a store request on a thread of its own.
    pub(super) fn run_store_request(&mut self, request: StoreRequest) {
        if let StoreRequest::AddOverlay(file) = &request
            && self.compare.workspace.remove_overlay(file)
        {
            return;
        }
        if let StoreRequest::Import(typed) = request {
            let path = expand_home(&typed);
            let reply = move || {
                experiment_store::import(&path).map(|kept| StoreReply::Opened(String::new(), kept))
            };
            self.background
                .run_store_job(move || reply().map_err(|error| store_error(&error)));
            return;
        }
        let Some(shelf) = self.experiment_store.clone() else {
            let words = "Cannot save experiments: this system has no data folder";
            self.show_note(Note::error(words));
            return;
        };
        let mut kept = self.compare.saved_experiments();
        let slot = Arc::clone(&self.compare.workspace.save_slot);
        self.background.run_store_job(move || {
            let reply = || match request {
                StoreRequest::List | StoreRequest::Import(_) => {
                    Ok(StoreReply::Contents(shelf.list()?))
                }
                StoreRequest::Save(name) => {
                    kept.name.clone_from(&name);
                    let saved = slot.save(&shelf, &kept)?;
                    let contents = shelf.list()?;
                    Ok(match saved {
                        Some(file) => StoreReply::Saved(file, name, contents),
                        None => StoreReply::Contents(contents),
                    })
                }
                StoreRequest::Open(file) => {
                    shelf.load(&file).map(|kept| StoreReply::Opened(file, kept))
                }
                StoreRequest::AddOverlay(file) => shelf
                    .load(&file)
                    .map(|kept| StoreReply::OverlayOpened(file, kept)),
                StoreRequest::Rename(file, name) => {
                    contents_after(&shelf, shelf.rename(&file, &name))
                }
                StoreRequest::Remove(file) => contents_after(&shelf, shelf.remove(&file)),
            };
            reply().map_err(|error| store_error(&error))
        });
    }

    /// Handles a reply of the store.
    pub(super) fn handle_store_reply(&mut self, reply: StoreReply) {
        match reply {
            StoreReply::Contents(contents) => self.compare.panel.show(contents),
            StoreReply::Saved(file, name, contents) => {
                self.compare.panel.show(contents);
                if !name.is_empty() {
                    self.show_note(Note::info(format!("Saved as {name}")));
                }
                let workspace = &mut self.compare.workspace;
                // The reply to the save without a name may come after that to the one with a name.
                if !name.is_empty() || workspace.file != file {
                    (workspace.file, workspace.name) = (file, name);
                }
            }
            StoreReply::Opened(file, kept) => {
                // The previous experiment has finished and is saved, if it had any results.
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

/// Returns the store's contents after a change.
fn contents_after(
    shelf: &ExperimentStore,
    done: Result<(), experiment_store::StoreError>,
) -> Result<StoreReply, experiment_store::StoreError> {
    done?;
    let contents: StoreContents = shelf.list()?;
    Ok(StoreReply::Contents(contents))
}

fn store_error(error: &experiment_store::StoreError) -> String {
    format!("The experiment store failed: {error}")
}
