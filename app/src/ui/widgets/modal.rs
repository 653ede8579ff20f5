//! Dialog windows above the screens.

use eframe::egui::{Align2, Id, Ui, Vec2, Window};

use crate::ui::tokens;

/// Creates a dialog in the centre of the program's window; it is centred again when that window is
/// resized, since it could be outside of it otherwise.
pub(crate) fn window<'open>(ui: &Ui, id: Id, title: &str) -> Window<'open> {
    let screen = ui.ctx().content_rect();
    // The dialog stands out from the screen behind it.
    let painter = ui.ctx().layer_painter(ui.layer_id());
    painter.rect_filled(screen, 0.0, tokens::shade());
    let key = id.with("centred in");
    let before: Option<Vec2> = ui.data(|data| data.get_temp(key));
    let stays = before == Some(screen.size());
    ui.data_mut(|data| data.insert_temp(key, screen.size()));
    let window = Window::new(title)
        .id(id)
        .collapsible(false)
        .title_frame(tokens::title(ui))
        .pivot(Align2::CENTER_CENTER)
        // A movable window ignores a new position.
        .movable(stays);
    if stays {
        window
    } else {
        window.current_pos(screen.center())
    }
}
