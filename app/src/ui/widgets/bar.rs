//! Progress bars.

use eframe::egui::{Color32, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::ui::format;
use crate::ui::tokens::{Palette, STEP};

/// Draws a progress bar in the available width; `share` is `None` if the total is unknown.
pub(crate) fn bar(ui: &mut Ui, name: &str, share: Option<f32>, colour: Color32) -> Response {
    of_height(ui, STEP, name, share, colour)
}

/// Draws a progress bar of half the height, for use below a text.
pub(crate) fn thin_bar(ui: &mut Ui, name: &str, share: Option<f32>, colour: Color32) -> Response {
    of_height(ui, STEP / 2.0, name, share, colour)
}

fn of_height(
    ui: &mut Ui,
    height: f32,
    name: &str,
    share: Option<f32>,
    colour: Color32,
) -> Response {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        let radius = height / 2.0;
        painter.rect_filled(rect, radius, Palette::of(ui).track);
        let share = share.unwrap_or(0.0).clamp(0.0, 1.0);
        if share > 0.0 {
            // At least as wide as its rounding, so that the first bytes are visible.
            let width = (rect.width() * share).max(height);
            painter.rect_filled(
                Rect::from_min_size(rect.min, vec2(width, height)),
                radius,
                colour,
            );
        }
    }
    response.widget_info(|| {
        let words = share.map_or_else(|| "unknown".to_owned(), format::percent);
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.current_text_value = Some(words);
        info.value = share.map(|share| f64::from(share) * 100.0);
        info
    });
    response
}
