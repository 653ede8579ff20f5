//! The legend of a plot. Clicking an entry hides or shows its content; no line breaks between a
//! mark and its text.

use std::collections::BTreeSet;

use eframe::egui::{
    Color32, FontId, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use egui_plot::{LineStyle, MarkerShape};

use super::series::Series;
use crate::ui::tokens::{Palette, SMALL};
use crate::ui::widgets::controls;

/// The mark of an entry, as it is drawn in the plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
    /// One measured run.
    Run,
    /// An outlier.
    Far,
    /// A run with an unreliable time.
    Late,
    /// The median of the measured runs.
    Median,
    /// One of several experiments: marker and colour.
    Series(MarkerShape, Color32),
    /// A line.
    Line(Color32),
    /// An area.
    Area(Color32),
    /// The model's prediction.
    Predicted,
    /// The predictions of several experiments, each in the colour of its experiment.
    PredictedOfEach,
    /// Size ÷ link rate.
    LinkLimit,
    /// Size ÷ (N × rate of one connection), or the ideal speed-up.
    ConnectionsLimit,
    /// Number of connections that fills the link.
    Knee,
    /// The runs over HTTP/3: a line across the plot, in this colour.
    Http3(Color32),
}

impl Mark {
    /// Width of the line of predictions.
    pub(super) const PREDICTED_WIDTH: f32 = 5.0;

    /// Returns the line style of a mark. Model lines are broken; only measurements have solid
    /// lines.
    pub(super) fn style(self) -> LineStyle {
        match self {
            Self::Predicted | Self::PredictedOfEach => LineStyle::Dashed { length: 10.0 },
            Self::LinkLimit => LineStyle::Dashed { length: 3.0 },
            Self::ConnectionsLimit => LineStyle::Dotted { spacing: 5.0 },
            Self::Knee => LineStyle::Dashed { length: 5.0 },
            Self::Http3(_) => LineStyle::Dashed { length: 14.0 },
            _ => LineStyle::Solid,
        }
    }
}

/// An entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// The mark.
    pub mark: Mark,
    /// The text, which also identifies the entry when it is hidden.
    pub words: String,
}

impl Entry {
    /// Creates an entry.
    pub(super) fn new(mark: Mark, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { mark, words }
    }
}

/// Width of a mark.
const MARK: f32 = 22.0;
/// Gap between a mark and its text.
const GAP: f32 = 6.0;
/// Height of a line.
const LINE: f32 = 16.0;

/// Draws the plot's title and its legend.
pub(super) fn ui(ui: &mut Ui, title: &str, entries: &[Entry], hidden: &mut BTreeSet<String>) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(14.0, 4.0);
        ui.spacing_mut().interact_size.y = LINE;
        ui.horizontal_wrapped(|ui| {
            ui.label(controls::small(ui, title));
            for entry in entries {
                let is_hidden = hidden.contains(&entry.words);
                if entry_ui(ui, entry, is_hidden) {
                    if is_hidden {
                        hidden.remove(&entry.words);
                    } else {
                        hidden.insert(entry.words.clone());
                    }
                }
            }
        });
    });
}

/// Draws the name of an experiment after its marker: colour alone may be hard to recognise.
pub(super) fn name_ui(ui: &mut Ui, one: &Series<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        let (rect, _) = ui.allocate_exact_size(vec2(LINE, LINE), Sense::hover());
        let colour = one.colour(Palette::of(ui));
        paint_marker(ui.painter(), one.mark(), rect.center(), colour);
        controls::truncated(ui, eframe::egui::RichText::new(&one.name).small());
    });
}

fn entry_ui(ui: &mut Ui, entry: &Entry, is_hidden: bool) -> bool {
    let palette = Palette::of(ui);
    let font = FontId::proportional(SMALL);
    let text = ui
        .painter()
        .layout_no_wrap(entry.words.clone(), font, palette.weak);
    let size = vec2(MARK + GAP + text.size().x, LINE);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let mut painter = ui.painter().clone();
    if is_hidden {
        painter.multiply_opacity(0.45);
    }
    let mark = Rect::from_min_size(rect.min, vec2(MARK, LINE));
    paint(&painter, entry.mark, mark, palette);
    let beside = pos2(mark.right() + GAP, rect.center().y - text.size().y / 2.0);
    let (from, to) = (beside.x, rect.right());
    painter.galley(beside, text, palette.weak);
    if is_hidden || response.hovered() {
        let height = if is_hidden {
            rect.center().y
        } else {
            rect.bottom()
        };
        painter.hline(from..=to, height, Stroke::new(1.0, palette.weak));
    }
    controls::focus_ring(ui, &response);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, !is_hidden, &entry.words));
    let words = if is_hidden { "Show" } else { "Hide" };
    response.on_hover_text(words).clicked()
}

fn paint(painter: &Painter, mark: Mark, rect: Rect, palette: &Palette) {
    let (from, to) = (rect.left_center(), rect.right_center());
    let line = |colour, width| painter.line_segment([from, to], Stroke::new(width, colour));
    let dashed = |colour: Color32, width, dash, gap| {
        Shape::dashed_line(&[from, to], Stroke::new(width, colour), dash, gap)
    };
    match mark {
        Mark::Run => {
            painter.circle_filled(rect.center(), 3.5, palette.weak);
        }
        Mark::Far => paint_marker(painter, MarkerShape::Cross, rect.center(), palette.warn),
        Mark::Late => {
            painter.circle_stroke(rect.center(), 4.0, Stroke::new(1.5, palette.warn));
        }
        Mark::Median => {
            line(palette.accent, 2.0);
        }
        Mark::Series(shape, colour) => {
            line(colour, 2.0);
            paint_marker(painter, shape, rect.center(), colour);
        }
        Mark::Line(colour) => {
            line(colour, 2.0);
        }
        Mark::Area(colour) => {
            painter.rect_filled(rect.shrink2(vec2(0.0, 3.0)), 2.0, colour);
        }
        Mark::Predicted => {
            let band = rect.shrink2(vec2(0.0, 3.0));
            painter.rect_filled(band, 0.0, palette.predicted.gamma_multiply(0.16));
            let colour = palette.predicted.gamma_multiply(0.6);
            painter.extend(dashed(colour, Mark::PREDICTED_WIDTH, 9.0, 4.0));
        }
        Mark::PredictedOfEach => {
            let colour = palette.weak.gamma_multiply(0.55);
            painter.extend(dashed(colour, Mark::PREDICTED_WIDTH, 9.0, 4.0));
        }
        Mark::LinkLimit => {
            painter.extend(dashed(palette.weak, 1.5, 3.0, 2.0));
        }
        Mark::ConnectionsLimit => {
            painter.extend(Shape::dotted_line(&[from, to], palette.weak, 5.0, 0.75));
        }
        Mark::Http3(colour) => {
            let band = rect.shrink2(vec2(0.0, 4.0));
            painter.rect_filled(band, 0.0, colour.gamma_multiply(0.16));
            painter.extend(dashed(colour, 2.0, 9.0, 4.0));
        }
        Mark::Knee => {
            let (top, foot) = (rect.center_top(), rect.center_bottom());
            let stroke = Stroke::new(1.5, palette.warn);
            painter.extend(Shape::dashed_line(&[top, foot], stroke, 5.0, 3.0));
        }
    }
}

/// Draws a marker as `egui_plot` does.
fn paint_marker(painter: &Painter, shape: MarkerShape, at: Pos2, colour: Color32) {
    const RADIUS: f32 = 5.0;
    let stroke = Stroke::new(1.5, colour);
    let corner = |x: f32, y: f32| at + vec2(x, y) * RADIUS;
    let filled = |corners: &[(f32, f32)]| {
        let points = corners.iter().map(|&(x, y)| corner(x, y)).collect();
        painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
    };
    let cross = |turned: f32, arms: u16| {
        for arm in 0..arms {
            let angle = turned + std::f32::consts::PI * f32::from(arm) / f32::from(arms);
            let way = vec2(angle.cos(), angle.sin()) * RADIUS;
            painter.line_segment([at - way, at + way], stroke);
        }
    };
    match shape {
        MarkerShape::Diamond => filled(&[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]),
        MarkerShape::Square => filled(&[(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)]),
        MarkerShape::Up => filled(&[(0.0, -1.0), (0.9, 0.7), (-0.9, 0.7)]),
        MarkerShape::Down => filled(&[(-0.9, -0.7), (0.9, -0.7), (0.0, 1.0)]),
        MarkerShape::Cross => cross(std::f32::consts::FRAC_PI_4, 2),
        MarkerShape::Plus => cross(0.0, 2),
        MarkerShape::Asterisk => cross(std::f32::consts::FRAC_PI_6, 3),
        _ => {
            painter.circle_filled(at, RADIUS * 0.9, colour);
        }
    }
}
