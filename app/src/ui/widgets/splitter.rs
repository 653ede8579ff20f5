//! The gap between two cards, which can be dragged to give one of them more room and the other less.

use eframe::egui::{CursorIcon, Sense, Ui, vec2};

/// The height of the gap.
pub(crate) const GAP: f32 = 12.0;

/// What was done to the gap in this frame.
pub(crate) enum Drag {
    /// It was dragged down by so many points.
    By(f32),
    /// It was double-clicked: it goes where it was at first.
    Reset,
}

/// A gap as wide as the room there is.
pub(crate) fn ui(ui: &mut Ui) -> Option<Drag> {
    let size = vec2(ui.available_width(), GAP);
    let (_, gap) = ui.allocate_exact_size(size, Sense::DRAG | Sense::CLICK);
    let gap = gap.on_hover_cursor(CursorIcon::ResizeVertical);
    if gap.double_clicked() {
        return Some(Drag::Reset);
    }
    gap.dragged().then(|| Drag::By(gap.drag_delta().y))
}
