//! Paints a text as a QR code (ISO/IEC 18004).

use eframe::egui::{Color32, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use fast_qr::{QRBuilder, QRCode};

/// Width of the empty border, in modules.
const QUIET: f32 = 4.0;

/// Draws the code with its border in a square of this side. Dark on light in both themes: not every camera
/// reads the opposite. A text that is too long for a code leaves the square empty.
pub(super) fn qr_code(ui: &mut Ui, text: &str, side: f32) {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    let name = format!("QR code of {text}");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let painter = ui.painter();
    painter.rect_filled(rect, 8.0, Color32::WHITE);
    let Ok(code) = QRBuilder::new(text).build() else {
        return;
    };
    let module = side / (code.size as f32 + 2.0 * QUIET);
    for (row, column) in dark_modules(&code) {
        let at = rect.min + vec2(column as f32 + QUIET, row as f32 + QUIET) * module;
        // On whole pixels: a gap between two modules would be a line.
        let end = pos2(at.x + module, at.y + module);
        let square = Rect::from_min_max(
            pos2(at.x.floor(), at.y.floor()),
            pos2(end.x.floor(), end.y.floor()),
        );
        painter.rect_filled(square, 0.0, Color32::BLACK);
    }
}

/// Iterates over the dark modules as row and column.
fn dark_modules(code: &QRCode) -> impl Iterator<Item = (usize, usize)> {
    let all = (0..code.size).flat_map(|row| (0..code.size).map(move |column| (row, column)));
    all.filter(|&(row, column)| code[row][column].value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_fits_a_small_code() {
        for text in [
            "http://192.168.178.123:5115/",
            "http://[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535/",
        ] {
            let code = QRBuilder::new(text).build().unwrap();
            assert!(code.size <= 37, "{}", code.size);
            // The finder pattern in the corner.
            let dark: Vec<_> = dark_modules(&code).take(7).collect();
            assert_eq!(dark, [0, 1, 2, 3, 4, 5, 6].map(|column| (0, column)));
        }
    }
}
