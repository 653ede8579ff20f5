//! The legend of the plot. Each entry is one piece: a line never ends between a mark and its words.

use eframe::egui::{Color32, FontId, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::ui::tokens::{Palette, SMALL};
use crate::ui::widgets::controls;

/// What stands in the plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// One measured run.
    Run,
    /// The median of the measured runs.
    Median,
    /// What the model foresees.
    Predicted,
    /// Size ÷ rate.
    LinkLimit,
    /// Size ÷ (N · one connection).
    ConnectionsLimit,
    /// Where the link begins to be full.
    Knee,
}

/// Width of a mark.
const MARK: f32 = 22.0;
/// Between a mark and its words.
const GAP: f32 = 6.0;
/// Height of a line.
const LINE: f32 = 16.0;

/// What was measured, and what `of_the_model` is drawn with it.
pub(super) fn ui(ui: &mut Ui, of_the_model: &[(Mark, &'static str)]) {
    let measured = [(Mark::Run, "a run"), (Mark::Median, "median")];
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(14.0, 4.0);
        ui.spacing_mut().interact_size.y = LINE;
        ui.horizontal_wrapped(|ui| {
            ui.label(controls::small(ui, "Completion time"));
            for (mark, words) in measured.iter().chain(of_the_model) {
                entry_ui(ui, *mark, words);
            }
        });
    });
}

fn entry_ui(ui: &mut Ui, mark: Mark, words: &str) {
    let palette = Palette::of(ui);
    let font = FontId::proportional(SMALL);
    let text = ui
        .painter()
        .layout_no_wrap(words.to_owned(), font, palette.weak);
    let size = vec2(MARK + GAP + text.size().x, LINE);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let middle = rect.center().y;
    let (from, to) = (pos2(rect.left(), middle), pos2(rect.left() + MARK, middle));
    let painter = ui.painter();
    let dashed = |colour: Color32, width, dash, gap| {
        Shape::dashed_line(&[from, to], Stroke::new(width, colour), dash, gap)
    };
    match mark {
        Mark::Run => {
            painter.circle_filled(from.lerp(to, 0.5), 3.5, palette.weak);
        }
        Mark::Median => {
            painter.hline(from.x..=to.x, middle, Stroke::new(2.0, palette.accent));
        }
        Mark::Predicted => {
            let band = eframe::egui::Rect::from_two_pos(from, to).expand2(vec2(0.0, 5.0));
            painter.rect_filled(band, 0.0, palette.foreseen.gamma_multiply(0.16));
            let colour = palette.foreseen.gamma_multiply(0.6);
            painter.extend(dashed(colour, Mark::PREDICTED_WIDTH, 9.0, 4.0));
        }
        Mark::LinkLimit => {
            painter.extend(dashed(palette.weak, 1.5, 3.0, 2.0));
        }
        Mark::ConnectionsLimit => {
            painter.extend(Shape::dotted_line(&[from, to], palette.weak, 5.0, 0.75));
        }
        Mark::Knee => {
            let (top, foot) = (pos2(from.x + 11.0, rect.top()), rect.bottom());
            let foot = pos2(top.x, foot);
            let stroke = Stroke::new(1.5, palette.warn);
            painter.extend(Shape::dashed_line(&[top, foot], stroke, 5.0, 3.0));
        }
    }
    let beside = pos2(to.x + GAP, middle - text.size().y / 2.0);
    painter.galley(beside, text, palette.weak);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
}
