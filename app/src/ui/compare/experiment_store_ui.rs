//! The list of saved experiments, and the dialog that saves the current ones under a name.

use eframe::egui::{
    Align, Label, Layout, Popup, PopupCloseBehavior, RichText, ScrollArea, Ui, vec2,
};

use super::workspace::Workspace;
use crate::lab::store::experiment_store::{MAX_UNNAMED, StoreContents, StoredExperiment};
use crate::ui::format;
use crate::ui::message::{Action, Purpose, StoreRequest};
use crate::ui::tokens::{CONTROL, Palette, STEP};
use crate::ui::widgets::controls;

/// Height of the list.
const LIST: f32 = 8.0 * (CONTROL + STEP / 2.0);

/// State of the list.
#[derive(Default)]
pub(crate) struct Panel {
    /// The list is shown.
    pub is_open: bool,
    contents: Option<StoreContents>,
    /// Path of the file to import, as typed.
    pub import_from: String,
    /// Name for the current experiments, as typed.
    name: String,
    /// File that is being renamed, and its new name as typed.
    renamed: Option<(String, String)>,
    /// File to remove when its button is clicked again.
    pending_removal: Option<String>,
}

impl Panel {
    /// Updates the contents of the store.
    pub(crate) fn show(&mut self, contents: StoreContents) {
        self.contents = Some(contents);
    }
}

/// Draws the button that shows or hides the list.
pub(super) fn button_ui(ui: &mut Ui, panel: &mut Panel, actions: &mut Vec<Action>) {
    let words = if panel.is_open {
        "Hide experiments"
    } else {
        "Experiments…"
    };
    let button = controls::button(ui, words);
    if button
        .on_hover_text("Open or overlay earlier experiments")
        .clicked()
    {
        panel.is_open = !panel.is_open;
        if panel.is_open {
            actions.push(Action::ExperimentStore(StoreRequest::List));
        }
    }
}

/// Draws the button that saves under a name, and its popup.
pub(super) fn save_ui(
    ui: &mut Ui,
    panel: &mut Panel,
    workspace: &Workspace,
    actions: &mut Vec<Action>,
) {
    let words = if workspace.name.is_empty() {
        "Save…"
    } else {
        "Rename…"
    };
    let button = controls::button(ui, words);
    let button = button.on_hover_text("Named experiments are kept permanently");
    if button.clicked() {
        panel.name.clone_from(&workspace.name);
    }
    Popup::menu(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name("Save under a name")
        .show(|ui| {
            ui.set_width(320.0);
            controls::group(ui, "Name", |ui, label| {
                ui.horizontal(|ui| {
                    let width = ui.available_width() - 72.0;
                    let field = controls::field(ui, &mut panel.name, label, "a name", width);
                    let entered = field.lost_focus()
                        && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
                    let is_named = !panel.name.trim().is_empty();
                    let clicked = controls::button_if(ui, "Save", is_named).clicked();
                    if is_named && (clicked || entered) {
                        actions.push(Action::ExperimentStore(StoreRequest::Save(
                            panel.name.trim().to_owned(),
                        )));
                        ui.close();
                    }
                });
            });
        });
}

/// Draws the list.
pub(super) fn ui(
    ui: &mut Ui,
    panel: &mut Panel,
    workspace: &Workspace,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    ui.label(RichText::new("Experiments").heading());
    let Some(contents) = panel.contents.take() else {
        ui.label(controls::small(ui, "Loading"));
        return;
    };
    if contents.quarantined > 0 {
        let words = format!(
            "{} could not be read: set aside in the same folder",
            format::count(contents.quarantined, "file")
        );
        ui.label(RichText::new(words).small().color(Palette::of(ui).warn));
    }
    if contents.items.is_empty() {
        ui.label("Finished experiments appear here");
    } else {
        ScrollArea::vertical()
            .id_salt("kept")
            .max_height(LIST)
            .show_rows(ui, CONTROL, contents.items.len(), |ui, rows| {
                for item in contents.items.get(rows).unwrap_or_default() {
                    item_ui(ui, panel, item, workspace, actions);
                }
            });
        let words = format!(
            "The last {MAX_UNNAMED} unnamed experiments are kept; named ones are kept permanently"
        );
        ui.label(controls::small(ui, words));
    }
    panel.contents = Some(contents);
    import_ui(ui, panel, workspace, dialog_is_open, actions);
}

fn item_ui(
    ui: &mut Ui,
    panel: &mut Panel,
    item: &StoredExperiment,
    workspace: &Workspace,
    actions: &mut Vec<Action>,
) {
    ui.push_id(&item.file, |ui| {
        let row = vec2(ui.available_width(), CONTROL);
        let right = Layout::right_to_left(Align::Center);
        ui.allocate_ui_with_layout(row, right, |ui| {
            ui.spacing_mut().item_spacing.x = STEP / 2.0;
            remove_ui(ui, panel, item, actions);
            rename_ui(ui, panel, item, actions);
            overlay_ui(ui, item, workspace, actions);
            let open = named_button(
                ui,
                "Open",
                &accessible_label("Open", item),
                !workspace.is_running(),
            );
            if open {
                actions.push(Action::ExperimentStore(StoreRequest::Open(
                    item.file.clone(),
                )));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = STEP;
                ui.label(controls::small(ui, format::minute(item.made_secs)).monospace());
                let is_renamed = |(file, _): &(String, String)| *file == item.file;
                if !panel.renamed.as_ref().is_some_and(is_renamed) {
                    let label = RichText::new(item.label());
                    let label = if item.name.is_empty() {
                        label
                    } else {
                        label.strong()
                    };
                    ui.add(Label::new(label).truncate())
                        .on_hover_text(&item.title);
                    let verdict = controls::small(ui, &item.verdict);
                    ui.add(Label::new(verdict).truncate())
                        .on_hover_text(&item.verdict);
                }
            });
        });
    });
}

/// Returns the accessible name of a button.
fn accessible_label(verb: &str, item: &StoredExperiment) -> String {
    format!("{verb} {}", item.label())
}

fn named_button(ui: &mut Ui, words: &str, name: &str, enabled: bool) -> bool {
    let button = controls::button_if(ui, words, enabled);
    button.widget_info(|| {
        eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, enabled, name)
    });
    button.clicked()
}

fn overlay_ui(
    ui: &mut Ui,
    item: &StoredExperiment,
    workspace: &Workspace,
    actions: &mut Vec<Action>,
) {
    let is_overlaid = workspace
        .overlays
        .iter()
        .any(|overlay| overlay.file == item.file);
    let is_current = workspace.file == item.file;
    let (words, verb) = if is_overlaid {
        ("Remove overlay", "Remove overlay")
    } else {
        ("Overlay", "Overlay")
    };
    let enabled = !is_current && !workspace.experiments.is_empty();
    if named_button(ui, words, &accessible_label(verb, item), enabled) {
        actions.push(Action::ExperimentStore(StoreRequest::AddOverlay(
            item.file.clone(),
        )));
    }
}

fn rename_ui(ui: &mut Ui, panel: &mut Panel, item: &StoredExperiment, actions: &mut Vec<Action>) {
    if let Some((_, name)) = panel
        .renamed
        .as_mut()
        .filter(|(file, _)| *file == item.file)
    {
        let name_now = name.trim().to_owned();
        let done = named_button(ui, "Done", &accessible_label("Done renaming", item), true);
        let label = ui.label(controls::small(ui, "New name")).id;
        let field = controls::field(ui, name, label, &item.title, 240.0);
        let entered =
            field.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
        if done || entered {
            actions.push(Action::ExperimentStore(StoreRequest::Rename(
                item.file.clone(),
                name_now,
            )));
            panel.renamed = None;
        }
        return;
    }
    if named_button(ui, "Rename", &accessible_label("Rename", item), true) {
        panel.renamed = Some((item.file.clone(), item.name.clone()));
    }
}

/// Draws the button that removes an experiment. It takes two clicks: experiments may have run for
/// hours.
fn remove_ui(ui: &mut Ui, panel: &mut Panel, item: &StoredExperiment, actions: &mut Vec<Action>) {
    let is_pending = panel.pending_removal.as_ref() == Some(&item.file);
    let (words, verb) = if is_pending {
        ("Remove permanently", "Remove permanently")
    } else {
        ("Remove", "Remove")
    };
    if named_button(ui, words, &accessible_label(verb, item), true) {
        if is_pending {
            actions.push(Action::ExperimentStore(StoreRequest::Remove(
                item.file.clone(),
            )));
            panel.pending_removal = None;
        } else {
            panel.pending_removal = Some(item.file.clone());
        }
    }
}

fn import_ui(
    ui: &mut Ui,
    panel: &mut Panel,
    workspace: &Workspace,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    controls::group(ui, "Experiment file (JSON)", |ui, label| {
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 192.0).min(420.0);
            controls::field(ui, &mut panel.import_from, label, "path of a file", width);
            if controls::button_if(ui, "Choose…", !dialog_is_open).clicked() {
                actions.push(Action::OpenDialog(Purpose::ImportFile));
            }
            let typed = panel.import_from.trim();
            let enabled = !typed.is_empty() && !workspace.is_running();
            if controls::button_if(ui, "Import", enabled).clicked() {
                actions.push(Action::ExperimentStore(StoreRequest::Import(
                    typed.to_owned(),
                )));
            }
        });
    });
}
