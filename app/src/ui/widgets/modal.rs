//! A window above the screens.

use eframe::egui::{Align2, Id, Ui, Vec2, Window};

use crate::ui::tokens;

/// A window in the middle of the program's, until somebody moves it; and there again when the program's
/// window has become another, for it might not be seen where it was.
pub(crate) fn window<'open>(ui: &Ui, id: Id, title: &str) -> Window<'open> {
    let screen = ui.ctx().content_rect();
    let key = id.with("centred in");
    let before: Option<Vec2> = ui.data(|data| data.get_temp(key));
    let stays = before == Some(screen.size());
    ui.data_mut(|data| data.insert_temp(key, screen.size()));
    let window = Window::new(title)
        .id(id)
        .collapsible(false)
        .title_frame(tokens::title(ui))
        .pivot(Align2::CENTER_CENTER)
        // One that can be moved keeps its place whatever it is told, so in this frame it cannot.
        .movable(stays);
    if stays {
        window
    } else {
        window.current_pos(screen.center())
    }
}
