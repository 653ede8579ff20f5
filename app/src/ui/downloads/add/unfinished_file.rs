//! The unfinished file of another program that a download of the Add dialog continues.

use std::path::{MAIN_SEPARATOR, Path};

use eframe::egui::Ui;

use super::AddForm;
use crate::ui::downloads::State;
use crate::ui::paths::expand_home;
use crate::ui::tokens::STEP;
use crate::ui::widgets::controls;
use lanes_engine::DownloadSpec;

impl State {
    /// Continues an unfinished file of another program in the Add dialog; opens it if needed.
    pub(crate) fn continue_file(&mut self, path: &Path) {
        self.add_to_form("");
        if let Some(form) = &mut self.add {
            form.continue_file(path);
        }
    }
}

impl AddForm {
    /// Continues the unfinished file at `path`. It is saved in the same folder, unless another is chosen.
    pub fn continue_file(&mut self, path: &Path) {
        self.unfinished = Some(path.display().to_string());
        let folder = path.parent().map(|folder| folder.display().to_string());
        if let Some(folder) = folder.filter(|_| self.folder.trim().is_empty()) {
            self.folder = folder;
            // Also the root has a slash at its end then.
            if !self.folder.ends_with(MAIN_SEPARATOR) {
                self.folder.push(MAIN_SEPARATOR);
            }
        }
    }

    /// Adds the unfinished file to the only request.
    ///
    /// # Errors
    /// There are several requests, or the request cannot begin with such a file.
    pub(super) fn add_unfinished(&self, requests: &mut [DownloadSpec]) -> Result<(), String> {
        let typed = self.unfinished.as_deref().map(str::trim);
        let Some(typed) = typed.filter(|typed| !typed.is_empty()) else {
            return Ok(());
        };
        let [request] = requests else {
            return Err("An unfinished file belongs to one link: remove the others".to_owned());
        };
        request.adopt = Some(expand_home(typed));
        request.check().map_err(|error| error.to_string())
    }
}

/// Draws the path, if a file was chosen.
pub(super) fn ui(ui: &mut Ui, form: &mut AddForm) {
    let Some(path) = &mut form.unfinished else {
        return;
    };
    let mut is_removed = false;
    controls::group(ui, "Unfinished file of another program", |ui, label| {
        ui.horizontal(|ui| {
            let button = 88.0;
            let width = ui.available_width() - button - STEP;
            controls::field(ui, path, label, "", width).on_hover_text(
                "Of aria2, axel, lftp or ipull with its state, or the beginning of a file. It is only read",
            );
            is_removed = controls::wide_button(ui, "Remove", button, true).clicked();
        });
    });
    if is_removed {
        form.unfinished = None;
    }
}
