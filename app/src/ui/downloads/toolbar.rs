//! The toolbar above the table: filters and the Add button.

use eframe::egui::{Align, ComboBox, Layout, Role, Ui, WidgetInfo};

use super::State;
use super::download_action::DownloadAction;
use super::file_category::FileCategory;
use super::list_counts::ListCounts;
use super::table_filter::{StateFilter, TableFilter};
use crate::ui::message::Action;
use crate::ui::shortcut::localized;
use crate::ui::widgets::controls;
use lanes_engine::{Command, Snapshot};

/// Width from which the filters by state stand side by side, and the button of the queue is shown.
const WIDE: f32 = 1000.0;

/// Draws the toolbar, with the filters unless they stand beside the table. Returns whether Add was clicked.
pub(super) fn ui(
    ui: &mut Ui,
    state: &mut State,
    snapshot: &Snapshot,
    has_side_list: bool,
    actions: &mut Vec<Action>,
) -> bool {
    let is_wide = ui.available_width() > WIDE;
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        let label = ui.label(controls::small(ui, "Filter")).id;
        let filter = &mut state.filter;
        let width = if has_side_list { 240.0 } else { 112.0 };
        let field = controls::field(ui, &mut filter.text, label, "Search name or link", width);
        if std::mem::take(&mut state.wants_filter) {
            field.request_focus();
        }
        if !has_side_list {
            let mut shown = filter.state_filter;
            let states = states(state.table.counts());
            let is_changed = match is_wide {
                true => state_chips_ui(ui, &mut shown, states),
                false => state_list_ui(ui, &mut shown, states),
            };
            if is_changed {
                filter.show_state(shown);
            }
            category_ui(ui, filter, 76.0);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let add = controls::button(ui, "Add…")
                .on_hover_text(localized("Add links and check each first (Ctrl+N)"));
            all_ui(ui, state.table.counts(), snapshot, actions);
            if is_wide || snapshot.is_queue_stopped {
                queue_ui(ui, snapshot, actions);
            }
            if state.filter.is_active() {
                if controls::button(ui, "Show all").clicked() {
                    state.filter.clear();
                }
                let (shown, all) = (state.table.rows().len(), snapshot.downloads.len());
                ui.label(controls::small(ui, format!("{shown} of {all}")));
            }
            add.clicked()
        })
        .inner
    })
    .inner
}

/// Returns the filters by state with their counts, as values, texts and accessible names.
fn states(counts: &ListCounts) -> [(StateFilter, String, String); StateFilter::ALL.len()] {
    StateFilter::ALL.map(|filter| {
        let words = format!("{} {}", filter.label(), counts.in_state(filter));
        let name = format!("Filter {words}");
        (filter, words, name)
    })
}

/// Draws the filters by state side by side; returns whether another was chosen.
fn state_chips_ui(
    ui: &mut Ui,
    shown: &mut StateFilter,
    states: impl IntoIterator<Item = (StateFilter, String, String)>,
) -> bool {
    ui.scope(|ui| {
        ui.spacing_mut().button_padding.x = 6.0;
        controls::chips(ui, shown, states)
    })
    .inner
}

/// Draws the filters by state as a list, where there is no space for them side by side; returns whether another was
/// chosen.
fn state_list_ui(
    ui: &mut Ui,
    shown: &mut StateFilter,
    states: impl IntoIterator<Item = (StateFilter, String, String)>,
) -> bool {
    let before = *shown;
    let states: Vec<_> = states.into_iter().collect();
    let chosen = states.iter().find(|(filter, ..)| *filter == before);
    let chosen = chosen.map_or("", |(_, words, _)| words.as_str());
    let list = ComboBox::from_id_salt("state")
        .width(96.0)
        .truncate()
        .selected_text(chosen)
        .show_ui(ui, |ui| {
            for (filter, words, _) in &states {
                ui.selectable_value(shown, *filter, words.as_str());
            }
        });
    name(&list.response, "State filter", chosen);
    *shown != before
}

/// Draws the button that stops the queue, or starts it again.
fn queue_ui(ui: &mut Ui, snapshot: &Snapshot, actions: &mut Vec<Action>) {
    let (words, hint) = match snapshot.is_queue_stopped {
        true => ("Start queue", "Queued downloads start again by themselves"),
        false => (
            "Stop queue",
            "Running downloads continue, but no queued one starts by itself",
        ),
    };
    let button = controls::wide_button(ui, words, 96.0, true);
    if button.on_hover_text(hint).clicked() {
        let command = Command::StopQueue(!snapshot.is_queue_stopped);
        actions.push(Action::Engine(command));
    }
}

fn category_ui(ui: &mut Ui, filter: &mut TableFilter, width: f32) {
    let label = filter.category.map_or("Any type", FileCategory::label);
    let category = ComboBox::from_id_salt("kind")
        .width(width)
        .truncate()
        .selected_text(label)
        .show_ui(ui, |ui| {
            ui.selectable_value(&mut filter.category, None, "Any type");
            for category in FileCategory::ALL {
                ui.selectable_value(&mut filter.category, Some(category), category.label());
            }
        })
        .response;
    name(&category, "Type filter", label);
}

/// Draws the button that pauses all downloads, or resumes all paused ones.
fn all_ui(ui: &mut Ui, counts: &ListCounts, snapshot: &Snapshot, actions: &mut Vec<Action>) {
    let (action, words, count) = match counts.pausable {
        0 => {
            let paused = counts.in_state(StateFilter::Paused);
            (DownloadAction::Resume, "Resume all", paused)
        }
        running => (DownloadAction::Pause, "Pause all", running),
    };
    if !controls::wide_button(ui, words, 92.0, count > 0).clicked() {
        return;
    }
    for download in &snapshot.downloads {
        if DownloadAction::available_for(download).contains(&action) {
            action.run(ui, download, actions);
        }
    }
}

fn name(response: &eframe::egui::Response, name: &str, value: &str) {
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
        info.current_text_value = Some(value.to_owned());
        info
    });
}
