//! Above the table: what it shows, and the way to something new.

use eframe::egui::{Align, ComboBox, Layout, Role, Ui, WidgetInfo};

use super::State;
use super::file_category::Kind;
use super::table_rows::Standing;
use crate::engine::Snapshot;
use crate::ui::format;
use crate::ui::widgets::controls;

/// The row of filters. Returns whether something new is to be added.
pub(super) fn ui(ui: &mut Ui, state: &mut State, snapshot: &Snapshot) -> bool {
    let wish = &mut state.wish;
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        let label = ui.label(controls::small(ui, "Filter")).id;
        let width = (ui.available_width() * 0.26).clamp(96.0, 280.0);
        let field = controls::field(ui, &mut wish.text, label, "a part of a name or link", width);
        if std::mem::take(&mut state.wants_filter) {
            field.request_focus();
        }
        let state_words = wish.standing.words();
        let standing = ComboBox::from_id_salt("standing")
            .width(104.0)
            .selected_text(state_words)
            .show_ui(ui, |ui| {
                for standing in Standing::ALL {
                    ui.selectable_value(&mut wish.standing, standing, standing.words());
                }
            })
            .response;
        name(&standing, "State filter", state_words);
        let kind_words = wish.kind.map_or("Any type", Kind::words);
        let kind = ComboBox::from_id_salt("kind")
            .width(104.0)
            .selected_text(kind_words)
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut wish.kind, None, "Any type");
                for kind in Kind::ALL {
                    ui.selectable_value(&mut wish.kind, Some(kind), kind.words());
                }
            })
            .response;
        name(&kind, "Type filter", kind_words);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let add = controls::button(ui, "Add…")
                .on_hover_text("Several links at once, with a look at each (Ctrl+N)");
            if wish.filters() {
                if controls::button(ui, "Show all").clicked() {
                    wish.clear();
                }
                let (shown, all) = (state.view.rows().len(), snapshot.downloads.len());
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
