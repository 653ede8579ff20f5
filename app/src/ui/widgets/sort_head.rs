//! The heading of a column that sorts on click.

use eframe::egui::{Align, Label, Layout, Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::controls;
use super::icon::Icon;
use crate::ui::tokens::Palette;

/// A column heading.
pub(crate) struct SortHead<'a> {
    /// The heading.
    pub words: &'a str,
    /// The accessible name.
    pub name: &'a str,
    /// The numbers below are aligned to the right.
    pub right: bool,
    /// The table is sorted by this column: whether in descending order.
    pub sorted: Option<bool>,
}

impl SortHead<'_> {
    /// Draws the heading into the rest of a cell.
    pub(crate) fn ui(&self, ui: &mut Ui) -> Response {
        let id = ui.scope_id().with(self.name);
        let response = ui.interact(ui.max_rect(), id, Sense::click());
        let palette = Palette::of(ui);
        let colour = match self.sorted.is_some() || response.hovered() {
            true => palette.text,
            false => palette.weak,
        };
        let layout = match self.right {
            true => Layout::right_to_left(Align::Center),
            false => Layout::left_to_right(Align::Center),
        };
        ui.with_layout(layout, |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let text = controls::small(ui, self.words).color(colour);
            ui.add(Label::new(text).extend());
            if let Some(descending) = self.sorted {
                let (mark, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
                let icon = if descending { Icon::Down } else { Icon::Up };
                icon.paint(ui.painter(), mark, colour);
            }
        });
        controls::focus_ring(ui, &response);
        response.widget_info(|| {
            WidgetInfo::selected(Role::Button, true, self.sorted.is_some(), self.name)
        });
        response
    }
}
