//! Kept experiments: what the Compare screen asks for, and what came of it.

use super::{LanesApp, Note, save_locations};
use crate::lab::shelf::{self, Contents, Shelf};
use crate::ui::compare::experiment_store_ui::{Ask, Told};

impl LanesApp {
    /// Takes in how far the experiments have come; those that have just ended are kept.
    pub(super) fn watch_lab(&mut self) {
        let Some(lab) = &self.lab else {
            return;
        };
        let was_running =
            self.compare.bench.is_running() || self.compare.bench.experiments.is_empty();
        self.compare.show(lab.snapshot());
        let is_over = was_running && self.compare.bench.has_results();
        if is_over && self.shelf.is_some() {
            self.ask_shelf(Ask::Keep(String::new()));
        }
    }

    /// Does what the screen asks of the shelf, in a thread of its own.
    pub(super) fn ask_shelf(&mut self, ask: Ask) {
        if let Ask::LayOver(file) = &ask
            && self.compare.bench.take_away(file)
        {
            return;
        }
        if let Ask::Import(typed) = ask {
            let path = save_locations::from_home(&typed);
            let told = move || shelf::import(&path).map(|kept| Told::Opened(String::new(), kept));
            self.background
                .tell(move || told().map_err(|error| in_words(&error)));
            return;
        }
        let Some(shelf) = self.shelf.clone() else {
            let words = "Experiments cannot be kept: the system names no folder for them";
            self.say(Note::bad(words));
            return;
        };
        let mut kept = self.compare.kept();
        let file = self.compare.bench.file.clone();
        self.background.tell(move || {
            let told = || match ask {
                Ask::List | Ask::Import(_) => Ok(Told::Contents(shelf.contents()?)),
                Ask::Keep(name) => {
                    kept.name.clone_from(&name);
                    let file = if file.is_empty() {
                        shelf.keep(&kept)?
                    } else {
                        shelf.rename(&file, &name)?;
                        file
                    };
                    Ok(Told::Kept(file, name, shelf.contents()?))
                }
                Ask::Open(file) => shelf.open(&file).map(|kept| Told::Opened(file, kept)),
                Ask::LayOver(file) => shelf.open(&file).map(|kept| Told::LaidOver(file, kept)),
                Ask::Rename(file, name) => after(&shelf, shelf.rename(&file, &name)),
                Ask::Remove(file) => after(&shelf, shelf.remove(&file)),
            };
            told().map_err(|error| in_words(&error))
        });
    }

    /// Takes in what came of it.
    pub(super) fn told(&mut self, told: Told) {
        match told {
            Told::Contents(contents) => self.compare.panel.show(contents),
            Told::Kept(file, name, contents) => {
                self.compare.panel.show(contents);
                self.compare.bench.file = file;
                if !name.is_empty() {
                    self.say(Note::good(format!("Kept as {name}")));
                }
                self.compare.bench.name = name;
            }
            Told::Opened(file, kept) => {
                // What was made last is kept, or was not worth it; its thread has ended.
                self.lab = None;
                self.compare.open(file, kept);
            }
            Told::LaidOver(file, kept) => {
                if let Err(words) = self.compare.bench.lay_over(file, kept) {
                    self.say(Note::bad(words));
                }
            }
        }
    }
}

/// What is there after something was done.
fn after(shelf: &Shelf, done: Result<(), shelf::ShelfError>) -> Result<Told, shelf::ShelfError> {
    done?;
    let contents: Contents = shelf.contents()?;
    Ok(Told::Contents(contents))
}

fn in_words(error: &shelf::ShelfError) -> String {
    format!("That did not work: {error}")
}
