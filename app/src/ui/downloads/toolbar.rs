//! The toolbar above the table: filters and the Add button.

use eframe::egui::{Align, ComboBox, Layout, Role, Ui, WidgetInfo};

use super::State;
use super::download_action::DownloadAction;
use super::file_category::FileCategory;
use super::table_filter::{StateFilter, TableFilter};
use crate::ui::message::Action;
use crate::ui::shortcut::localized;
use crate::ui::widgets::controls;
use lanes_engine::Snapshot;

/// Width from which filters without a match are shown too.
const WIDE: f32 = 1000.0;

/// Draws the toolbar. Returns whether Add was clicked.
pub(super) fn ui(
    ui: &mut Ui,
    state: &mut State,
    snapshot: &Snapshot,
    actions: &mut Vec<Action>,
) -> bool {
    let is_wide = ui.available_width() > WIDE;
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        let label = ui.label(controls::small(ui, "Filter")).id;
        let filter = &mut state.filter;
        let width = if is_wide { 168.0 } else { 112.0 };
        let field = controls::field(ui, &mut filter.text, label, "Search name or link", width);
        if std::mem::take(&mut state.wants_filter) {
            field.request_focus();
        }
        ui.scope(|ui| {
            if !is_wide {
                ui.spacing_mut().button_padding.x = 6.0;
            }
            let states = states(filter.state_filter, snapshot, is_wide);
            controls::chips(ui, &mut filter.state_filter, states);
        });
        category_ui(ui, filter, if is_wide { 104.0 } else { 76.0 });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let add = controls::button(ui, "Add…")
                .on_hover_text(localized("Add links and check each first (Ctrl+N)"));
            all_ui(ui, snapshot, actions);
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
fn states(
    chosen: StateFilter,
    snapshot: &Snapshot,
    shows_empty: bool,
) -> impl Iterator<Item = (StateFilter, String, String)> {
    StateFilter::ALL.into_iter().filter_map(move |filter| {
        let downloads = snapshot.downloads.iter();
        let count = downloads.filter(|d| filter.matches(&d.state)).count();
        let is_shown = shows_empty || count > 0 || filter == chosen || filter == StateFilter::All;
        let words = format!("{} {count}", filter.label());
        let name = format!("Filter {words}");
        is_shown.then_some((filter, words, name))
    })
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
fn all_ui(ui: &mut Ui, snapshot: &Snapshot, actions: &mut Vec<Action>) {
    let can = |action: DownloadAction| {
        let downloads = snapshot.downloads.iter();
        downloads.filter(move |d| DownloadAction::available_for(d).contains(&action))
    };
    let (action, words) = match can(DownloadAction::Pause).next() {
        Some(_) => (DownloadAction::Pause, "Pause all"),
        None => (DownloadAction::Resume, "Resume all"),
    };
    let is_enabled = can(action).next().is_some();
    if controls::wide_button(ui, words, 92.0, is_enabled).clicked() {
        for download in can(action) {
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
