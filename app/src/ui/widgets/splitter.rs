//! A draggable gap between two cards.

use eframe::egui::{CursorIcon, Sense, Ui, vec2};

/// Height of the gap.
pub(crate) const GAP: f32 = 12.0;

/// The user's action on the gap.
pub(crate) enum Drag {
    /// Dragged down by this many points.
    By(f32),
    /// Double-clicked: resets the position.
    Reset,
}

/// Draws a gap of the available width.
pub(crate) fn ui(ui: &mut Ui) -> Option<Drag> {
    let size = vec2(ui.available_width(), GAP);
    let (_, gap) = ui.allocate_exact_size(size, Sense::DRAG | Sense::CLICK);
    let gap = gap.on_hover_cursor(CursorIcon::ResizeVertical);
    if gap.double_clicked() {
        return Some(Drag::Reset);
    }
    gap.dragged().then(|| Drag::By(gap.drag_delta().y))
}
