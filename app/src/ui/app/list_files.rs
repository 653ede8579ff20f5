//! Adds the downloads of a list, and writes the list.

use std::path::Path;
use std::sync::Arc;

use super::LanesApp;
use crate::ui::format;
use crate::ui::message::{Action, ListFormat, Note};
use lanes_engine::{Destination, DownloadSpec};

impl LanesApp {
    /// Offers the downloads of a list.
    pub(super) fn list_read(&mut self, path: &Path, specs: Vec<DownloadSpec>) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let count = format::count(specs.len(), "download");
        let words = format!("{name} has {count}");
        self.show_note(Note::info(words).with_action("Add them", Action::AddList(specs)));
    }

    /// Adds the downloads of a list, with the options of the form.
    pub(super) fn add_list(&mut self, specs: Vec<DownloadSpec>) {
        for spec in specs {
            let spec = self.downloads.with_options(spec);
            match spec.destination {
                Destination::Desktop => self.download(None, spec, ""),
                _ => self.start(None, spec),
            }
        }
    }

    /// Writes the list of downloads into the download folder.
    pub(super) fn export_list(&mut self, format: ListFormat) {
        let Some(engine) = &self.engine else {
            return;
        };
        let ids = self.snapshot.downloads.iter().map(|one| one.id).collect();
        let (engine, folder) = (Arc::clone(engine), self.folder_for(""));
        self.background.export_list(engine, ids, format, folder);
    }
}
