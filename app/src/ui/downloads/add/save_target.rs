//! The destination fields of the Add dialog.

use eframe::egui::{Button, Popup, Ui};

use super::AddForm;
use crate::ui::downloads::ScreenContext;
use crate::ui::message::{Action, Purpose};
use crate::ui::tokens::{CONTROL, STEP};
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;

/// Draws the folder field, and the name field if `alone`: only a single file can be renamed.
pub(super) fn ui(
    ui: &mut Ui,
    form: &mut AddForm,
    alone: bool,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        let name_width = if alone { 200.0 + STEP } else { 0.0 };
        let width = ui.available_width() - name_width;
        controls::group(ui, "Folder", |ui, label| {
            ui.horizontal(|ui| {
                let field = width - CONTROL - 88.0 - 2.0 * STEP;
                controls::field(ui, &mut form.folder, label, context.default_folder, field);
                recent_ui(ui, form, context.recent);
                if controls::wide_button(ui, "Choose…", 88.0, !context.dialog_is_open).clicked() {
                    actions.push(Action::OpenDialog(Purpose::AddFolder));
                }
            });
        });
        if alone {
            controls::group(ui, "Name", |ui, label| {
                let width = ui.available_width();
                controls::field(
                    ui,
                    &mut form.name,
                    label,
                    "same name as on the server",
                    width,
                );
            });
        }
    });
}

/// Draws the list of recently used folders.
fn recent_ui(ui: &mut Ui, form: &mut AddForm, recent: &[String]) {
    let button = controls::icon_button(ui, Icon::Open, "Recent folders");
    Popup::menu(&button)
        .accessible_name("Recent folders")
        .show(|ui| {
            ui.set_width(320.0);
            if recent.is_empty() {
                ui.label("No recent folders");
            }
            for folder in recent {
                if ui.add(Button::new(folder.as_str()).truncate()).clicked() {
                    form.folder.clone_from(folder);
                }
            }
        });
}
