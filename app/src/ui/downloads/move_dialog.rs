//! The dialog that moves or renames the file of a finished download.

use std::path::Path;

use eframe::egui::{self, Key, Popup, Ui, vec2};

use super::ScreenContext;
use crate::ui::message::{Action, ListAction, Note, Purpose};
use crate::ui::paths::expand_home;
use crate::ui::widgets::{controls, modal};
use lanes_engine::{DownloadId, DownloadSnapshot};

/// Width of the content.
const WIDTH: f32 = 520.0;
/// Width of the button that opens a file dialog.
const BROWSE: f32 = 88.0;

/// Content of the dialog.
pub(crate) struct MoveForm {
    id: DownloadId,
    /// The folder, as typed.
    pub folder: String,
    name: String,
    wants_focus: bool,
}

impl MoveForm {
    /// Creates the form of a download; `None` without a file.
    pub fn new(download: &DownloadSnapshot) -> Option<Self> {
        let path = download.path.as_deref()?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Some(Self {
            id: download.id,
            folder: folder.display().to_string(),
            name: path.file_name()?.to_string_lossy().into_owned(),
            wants_focus: true,
        })
    }

    /// Returns the action, or a message for the user.
    fn submit(&self) -> Result<Action, String> {
        let name = self.name.trim();
        if name.is_empty() || name != lanes_engine::safe_name(name) {
            return Err(format!("\"{name}\" is not a file name"));
        }
        let folder = self.folder.trim();
        if folder.is_empty() {
            return Err("Enter a folder".to_owned());
        }
        let path = expand_home(folder).join(name);
        Ok(Action::List(ListAction::Move(self.id, path)))
    }
}

/// Draws the dialog. Returns whether to close it.
pub(super) fn ui(
    ui: &mut Ui,
    form: &mut MoveForm,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) -> bool {
    let (mut is_open, mut is_done) = (true, false);
    modal::window(ui, egui::Id::unique("move file"), "Move or rename")
        .open(&mut is_open)
        .auto_sized()
        .show(ui.ctx(), |ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing.y = 12.0;
            is_done = form_ui(ui, form, context, actions);
        });
    let escape = !Popup::is_any_open(ui.ctx())
        && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape));
    is_done || !is_open || escape
}

fn form_ui(
    ui: &mut Ui,
    form: &mut MoveForm,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) -> bool {
    let mut is_entered = false;
    controls::group(ui, "Name", |ui, label| {
        let field = controls::field(ui, &mut form.name, label, "", WIDTH);
        if std::mem::take(&mut form.wants_focus) {
            field.request_focus();
            // The name without its extension, which seldom changes.
            let stem = form.name.rfind('.').filter(|at| *at > 0);
            let stem = &form.name[..stem.unwrap_or(form.name.len())];
            controls::select(ui, field.id, 0..stem.chars().count());
        }
        is_entered |= field.lost_focus();
    });
    controls::group(ui, "Folder", |ui, label| {
        ui.horizontal(|ui| {
            let width = ui.available_width() - BROWSE - ui.spacing().item_spacing.x;
            let field = controls::field(ui, &mut form.folder, label, "", width);
            is_entered |= field.lost_focus();
            if controls::wide_button(ui, "Browse…", BROWSE, !context.dialog_is_open).clicked() {
                actions.push(Action::OpenDialog(Purpose::MoveFolder));
            }
        });
    });
    is_entered &= ui.input(|input| input.key_pressed(Key::Enter));
    ui.allocate_ui(vec2(WIDTH, 0.0), |ui| {
        ui.horizontal(|ui| {
            let submits = controls::primary(ui, "Move").clicked() || is_entered;
            let closes = controls::button(ui, "Cancel").clicked();
            if !submits {
                return closes;
            }
            match form.submit() {
                Ok(action) => {
                    actions.push(action);
                    true
                }
                Err(words) => {
                    actions.push(Action::ShowNote(Note::error(words)));
                    false
                }
            }
        })
        .inner
    })
    .inner
}
