//! Download folders: the typed one, the one of the settings, or the Desktop.

use std::path::{Path, PathBuf};

use super::LanesApp;
use crate::ui::compare;
use crate::ui::message::{ExportFormat, LessonAction, Purpose};
use crate::ui::paths::expand_home;
use lanes_engine::{self, Destination, DownloadId, DownloadSpec};

/// The default folder when none is typed or set.
pub(super) struct SaveLocations {
    /// Folder that the program was started with, if any.
    pub folder: Option<PathBuf>,
    desktop: PathBuf,
    /// The folder as shown to the user.
    pub label: String,
}

impl SaveLocations {
    /// Finds the Desktop; called once at the start.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        let (desktop, remark) = lanes_engine::default_folder();
        let label = match (&folder, remark) {
            (Some(folder), _) => folder.display().to_string(),
            (None, None) => "the Desktop".to_owned(),
            // There is no Desktop: name the folder that replaces it.
            (None, Some(_)) => desktop.display().to_string(),
        };
        Self {
            folder,
            desktop,
            label,
        }
    }
}

impl LanesApp {
    /// Returns the download folder as shown to the user.
    pub(super) fn default_folder(&self) -> String {
        match self.settings.folder.trim() {
            "" => self.save_locations.label.clone(),
            folder => folder.to_owned(),
        }
    }

    /// Returns the typed folder, or the one of the settings, or the default.
    pub(super) fn folder_for(&self, typed: &str) -> PathBuf {
        let set = [typed, &self.settings.folder]
            .map(str::trim)
            .into_iter()
            .find(|text| !text.is_empty());
        set.map_or_else(
            || {
                self.save_locations
                    .folder
                    .clone()
                    .unwrap_or(self.save_locations.desktop.clone())
            },
            expand_home,
        )
    }

    /// Starts a download, or replaces the download `id`. Only the file system knows whether a typed
    /// path is a folder, so a background job looks it up.
    pub(super) fn download(
        &mut self,
        id: Option<DownloadId>,
        mut request: DownloadSpec,
        typed: &str,
    ) {
        // A Lanes server reports the digest of each file itself.
        request.find_checksums |=
            self.settings.finds_checksums && request.source.lanes_server().is_none();
        let of_category = self
            .settings
            .category_folders
            .folder_for(&request.file_name());
        if let Some(folder) = of_category.filter(|_| typed.is_empty() && id.is_none()) {
            request.destination = Destination::Folder(expand_home(folder));
            self.start(id, request);
            return;
        }
        if !typed.is_empty() {
            let path = expand_home(typed);
            self.background
                .find_destination(id, Box::new(request), typed.to_owned(), path);
            return;
        }
        let is_set = !self.settings.folder.trim().is_empty();
        request.destination = if is_set || self.save_locations.folder.is_some() {
            Destination::Folder(self.folder_for(""))
        } else {
            Destination::Desktop
        };
        self.start(id, request);
    }

    /// Exports the experiments in these formats.
    pub(super) fn export(&mut self, formats: Vec<ExportFormat>, typed: &str) {
        let shown = compare::export::Export::of(&self.compare);
        let folder = self.folder_for(typed);
        self.background
            .export(folder, move || shown.files(&formats));
    }

    /// Opens a file dialog in the folder that fits its purpose.
    pub(super) fn open_dialog(&mut self, purpose: Purpose) {
        let folder = |typed: &str| Some(self.folder_for(typed));
        let (folder, name) = match purpose {
            Purpose::SaveAs => {
                let name = self.downloads.source.name.rsplit('/').next();
                (folder(""), name.unwrap_or_default().to_owned())
            }
            Purpose::DownloadFolder
            | Purpose::AddFolder
            | Purpose::MoveFolder
            | Purpose::Metalink
            | Purpose::LinkList
            | Purpose::Unfinished => (folder(""), String::new()),
            Purpose::ServerFolder => {
                let typed = self.server.form.folder.trim();
                (
                    (!typed.is_empty()).then(|| expand_home(typed)),
                    String::new(),
                )
            }
            Purpose::ExportFolder | Purpose::ImportFile | Purpose::Lesson => {
                (folder(&self.compare.export_to), String::new())
            }
        };
        self.background.open_dialog(purpose, folder, name);
    }

    /// Stores the path that was chosen in a file dialog.
    pub(super) fn path_chosen(&mut self, purpose: Purpose, path: &Path) {
        let words = path.display().to_string();
        match purpose {
            Purpose::SaveAs => self.downloads.save_to = words,
            Purpose::DownloadFolder => self.settings.folder = words,
            Purpose::AddFolder => {
                if let Some(form) = &mut self.downloads.add {
                    form.folder = words;
                }
            }
            Purpose::MoveFolder => {
                if let Some(form) = &mut self.downloads.move_form {
                    form.folder = words;
                }
            }
            Purpose::LinkList => self.background.read_list(path.to_owned()),
            Purpose::Metalink => self.downloads.add_to_form(&words),
            Purpose::Unfinished => self.downloads.continue_file(path),
            Purpose::Lesson => {
                self.lessons.file.clone_from(&words);
                self.lesson(LessonAction::Open(words));
            }
            Purpose::ServerFolder => self.server.form.folder = words,
            Purpose::ExportFolder => self.compare.export_to = words,
            Purpose::ImportFile => self.compare.panel.import_from = words,
        }
    }
}
