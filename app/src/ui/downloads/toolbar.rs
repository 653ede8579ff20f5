//! The toolbar above the table: filters and the Add button.

use eframe::egui::{Align, ComboBox, Layout, Role, Ui, WidgetInfo};

use super::State;
use super::file_category::FileCategory;
use super::table_filter::StateFilter;
use crate::ui::format;
use crate::ui::shortcut::localized;
use crate::ui::widgets::controls;
use lanes_engine::Snapshot;

/// Draws the toolbar. Returns whether Add was clicked.
pub(super) fn ui(ui: &mut Ui, state: &mut State, snapshot: &Snapshot) -> bool {
    let filter = &mut state.filter;
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        let label = ui.label(controls::small(ui, "Filter")).id;
        let width = (ui.available_width() * 0.26).clamp(96.0, 280.0);
        let field = controls::field(ui, &mut filter.text, label, "Search name or link", width);
        if std::mem::take(&mut state.wants_filter) {
            field.request_focus();
        }
        let state_label = filter.state_filter.label();
        let state_filter = ComboBox::from_id_salt("standing")
            .width(104.0)
            .selected_text(state_label)
            .show_ui(ui, |ui| {
                for state_filter in StateFilter::ALL {
                    ui.selectable_value(
                        &mut filter.state_filter,
                        state_filter,
                        state_filter.label(),
                    );
                }
            })
            .response;
        name(&state_filter, "State filter", state_label);
        let category_label = filter.category.map_or("Any type", FileCategory::label);
        let category = ComboBox::from_id_salt("kind")
            .width(104.0)
            .selected_text(category_label)
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut filter.category, None, "Any type");
                for category in FileCategory::ALL {
                    ui.selectable_value(&mut filter.category, Some(category), category.label());
                }
            })
            .response;
        name(&category, "Type filter", category_label);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let add = controls::button(ui, "Add…")
                .on_hover_text(localized("Add links and check each first (Ctrl+N)"));
            if filter.is_active() {
                if controls::button(ui, "Show all").clicked() {
                    filter.clear();
                }
                let (shown, all) = (state.table.rows().len(), snapshot.downloads.len());
                ui.label(controls::small(ui, format!("{shown} of {all}")));
            } else {
                let all = format::count(snapshot.downloads.len(), "download");
                ui.label(controls::small(ui, all));
            }
            add.clicked()
        })
        .inner
    })
    .inner
}

fn name(response: &eframe::egui::Response, name: &str, value: &str) {
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
        info.current_text_value = Some(value.to_owned());
        info
    });
}
