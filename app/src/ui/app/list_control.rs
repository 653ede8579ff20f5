//! Executes actions on the list of downloads: removal with undo, the trash, repeated and moved downloads.

use std::path::PathBuf;

use super::{LanesApp, Screen};
use crate::ui::format;
use crate::ui::message::{Action, ListAction, Note, Removal, Trashed};
use crate::ui::trash;
use lanes_engine::{Command, DownloadId, one_line};

/// Removals of one frame, which are reported and undone together.
#[derive(Default)]
pub(super) struct Removals {
    ids: Vec<DownloadId>,
    to_trash: Vec<(DownloadId, PathBuf)>,
}

impl LanesApp {
    pub(super) fn list_action(&mut self, action: ListAction, removals: &mut Removals) {
        match action {
            ListAction::Remove(id) => removals.ids.push(id),
            ListAction::Trash(id, path) => removals.to_trash.push((id, path)),
            ListAction::Undo(removal) if removal.trashed.is_empty() => self.put_back(removal.ids),
            ListAction::Undo(removal) => self.background.restore_from_trash(removal),
            ListAction::AddPaused(request, typed) => {
                if let Some(engine) = &self.engine {
                    let id = engine.new_id();
                    self.add_paused.insert(id);
                    self.download(Some(id), *request, &typed);
                }
            }
            ListAction::AddKnown(requests, typed) => {
                for request in requests {
                    self.download(None, request, &typed);
                }
            }
            ListAction::Again(id) => {
                if let Some(engine) = &self.engine {
                    let new = engine.new_id();
                    engine.send(Command::AddAgain(id, new));
                    self.downloads.started(new);
                }
            }
            ListAction::OpenMove(id) => {
                if let Some(download) = self.snapshot.download(id) {
                    self.downloads.open_move(download);
                    self.screen = Screen::Downloads;
                }
            }
            ListAction::Move(id, path) => self.send(Command::MoveFile(id, path)),
        }
    }

    fn send(&self, command: Command) {
        if let Some(engine) = &self.engine {
            engine.send(command);
        }
    }

    /// Carries out the removals of a frame.
    pub(super) fn remove_all(&mut self, removals: Removals) {
        if !removals.to_trash.is_empty() {
            self.background.move_to_trash(removals.to_trash);
        }
        if removals.ids.is_empty() {
            return;
        }
        let what = self.names(&removals.ids);
        for id in &removals.ids {
            self.send(Command::Remove(*id));
        }
        let removal = Removal {
            ids: removals.ids,
            ..Removal::default()
        };
        self.show_removal(format!("Removed {what} from the list"), Some(removal));
    }

    fn show_removal(&mut self, words: String, removal: Option<Removal>) {
        let note = Note::info(words);
        let undo = removal.map(|removal| Action::List(ListAction::Undo(removal)));
        self.show_note(match undo {
            Some(undo) => note.with_action("Undo", undo).passing(),
            None => note,
        });
    }

    /// Returns the name of one download, or the number of several.
    fn names(&self, ids: &[DownloadId]) -> String {
        match ids {
            [id] => {
                let download = self.snapshot.download(*id);
                download.map_or_else(String::new, |download| download.name.clone())
            }
            many => format::count(many.len(), "download"),
        }
    }

    /// Removes the downloads whose files are in the trash.
    pub(super) fn trashed(&mut self, trashed: Trashed) {
        if let Some(words) = trashed.error {
            self.show_note(Note::error(format!("Not moved to the trash: {words}")));
        }
        if trashed.removal.ids.is_empty() {
            return;
        }
        let what = self.names(&trashed.removal.ids);
        for id in &trashed.removal.ids {
            self.send(Command::Remove(*id));
        }
        let words = match trashed.removal.trashed.is_empty() {
            true => format!("Removed {what}: there was no file any more"),
            false => format!("Moved {what} to the trash"),
        };
        self.show_removal(words, Some(trashed.removal).filter(|_| trash::CAN_RESTORE));
    }

    /// Puts downloads back into the list, once their files are back.
    pub(super) fn restored(&mut self, ids: Vec<DownloadId>, outcome: Result<(), String>) {
        if let Err(words) = outcome {
            let words = one_line(&words).into_owned();
            self.show_note(Note::error(format!("Not taken back: {words}")));
        }
        self.put_back(ids);
    }

    fn put_back(&mut self, ids: Vec<DownloadId>) {
        if let [id] = ids[..] {
            self.downloads.started(id);
        }
        for id in ids {
            self.send(Command::PutBack(id));
        }
    }
}
