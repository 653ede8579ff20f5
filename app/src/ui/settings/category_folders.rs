//! Folders by category of the file.

use std::collections::BTreeMap;

use eframe::egui::Ui;
use serde::{Deserialize, Serialize};

use crate::ui::downloads::FileCategory;
use crate::ui::widgets::controls;

/// Folders by category, off by default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CategoryFolders {
    enabled: bool,
    folders: BTreeMap<FileCategory, String>,
}

impl CategoryFolders {
    /// Returns the folder for a file, as typed, if one is set for its category.
    pub(crate) fn folder_for(&self, name: &str) -> Option<&str> {
        let folder = self.folders.get(&FileCategory::of(name))?.trim();
        (self.enabled && !folder.is_empty()).then_some(folder)
    }

    /// Draws the settings.
    pub(super) fn ui(&mut self, ui: &mut Ui) {
        let words = "Save each type of file in its own folder";
        controls::checkbox(ui, &mut self.enabled, words).on_hover_text(
            "The ending of the name in the link decides. A folder that is typed for a download takes precedence",
        );
        if !self.enabled {
            return;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 16.0;
            for category in FileCategory::ALL {
                controls::group(ui, category.label(), |ui, label| {
                    let folder = self.folders.entry(category).or_default();
                    controls::field(ui, folder, label, "download folder", 232.0);
                });
            }
        });
        self.folders.retain(|_, folder| !folder.is_empty());
    }
}
