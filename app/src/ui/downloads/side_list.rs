//! The filters by state and by kind of file, with counts, beside the table.

use eframe::egui::{
    Align2, FontId, Role, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use super::file_category::FileCategory;
use super::list_counts::ListCounts;
use super::table_filter::{StateFilter, TableFilter};
use crate::ui::format;
use crate::ui::tokens::{Palette, RADIUS, ROW, SMALL};
use crate::ui::widgets::controls;

/// Width of the list.
pub(super) const WIDTH: f32 = 144.0;

/// Draws the list with this height.
pub(super) fn ui(ui: &mut Ui, filter: &mut TableFilter, counts: &ListCounts, height: f32) {
    ScrollArea::vertical()
        .id_salt("filters")
        .max_height(height)
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing.y = 0.0;
            for state in StateFilter::ALL {
                let (words, count) = (state.label(), counts.in_state(state));
                let chosen = filter.state_filter == state;
                if entry(ui, chosen, words, count, &format!("Filter {words} {count}")) {
                    filter.show_state(state);
                }
            }
            ui.add_space(8.0);
            let all = counts.in_state(StateFilter::All);
            if entry(ui, filter.category.is_none(), "All files", all, "Any type") {
                filter.category = None;
            }
            for category in FileCategory::ALL {
                let count = counts.of_kind(category);
                let chosen = filter.category == Some(category);
                if count == 0 && !chosen {
                    continue;
                }
                let words = category.label();
                if entry(ui, chosen, words, count, &format!("Type {words} {count}")) {
                    filter.category = (!chosen).then_some(category);
                }
            }
        });
}

/// Draws an entry; returns whether it was clicked.
fn entry(ui: &mut Ui, chosen: bool, words: &str, count: usize, name: &str) -> bool {
    let room = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(room, Sense::click());
    if ui.is_rect_visible(rect) {
        let palette = Palette::of(ui);
        let fill = match (chosen, response.hovered()) {
            (true, _) => Some(palette.chosen),
            (false, true) => Some(palette.field_hover),
            (false, false) => None,
        };
        let painter = ui.painter();
        if let Some(fill) = fill {
            painter.rect_filled(rect, f32::from(RADIUS), fill);
        }
        let colour = match chosen {
            true => palette.accent,
            false if count == 0 => palette.weak,
            false => palette.text,
        };
        let font = TextStyle::Body.resolve(ui.style());
        let left = pos2(rect.left() + 8.0, rect.center().y);
        painter.text(left, Align2::LEFT_CENTER, words, font, colour);
        let right = pos2(rect.right() - 8.0, rect.center().y);
        let number = format::grouped(count as u64);
        let font = FontId::monospace(SMALL);
        painter.text(right, Align2::RIGHT_CENTER, number, font, palette.weak);
        controls::focus_ring(ui, &response);
    }
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, name));
    response.clicked()
}
