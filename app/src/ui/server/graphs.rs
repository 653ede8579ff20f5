//! Graphs of the send rate and the bottleneck queue over the last two minutes.

use eframe::egui::{
    Align2, Color32, FontId, Mesh, Pos2, Rect, RichText, Role, Sense, Shape, Stroke, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};
use lanes_server::{LinkStats, Stats};

use super::history::{History, SPAN_SECS, Sample};
use crate::lab::report::format as lab_format;
use crate::ui::format;
use crate::ui::tokens::{Palette, RADIUS, SMALL, STEP};
use crate::ui::widgets::controls;

/// Height of a graph.
const HEIGHT: f32 = 64.0;
/// Width of the connection counts.
const COUNTS: f32 = 168.0;

/// A graph over time.
struct Graph<'a> {
    name: &'a str,
    /// Returns the value of a sample.
    figure: fn(&Sample) -> f64,
    /// Formats a value.
    words: fn(f64) -> String,
    colour: Color32,
    /// Minimum of the upper end of the vertical axis.
    top: f64,
}

/// Draws the card.
pub(super) fn ui(ui: &mut Ui, stats: &Stats, history: &History, link: Option<&str>) {
    let palette = Palette::of(ui);
    let width = (ui.available_width() - COUNTS - 6.0 * STEP) / 2.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0 * STEP;
        let rate = Graph {
            name: "Rate",
            figure: |sample| sample.bytes_per_sec,
            words: format::rate,
            colour: palette.accent,
            top: 1.0,
        };
        let now = format::rate(stats.bytes_per_sec as f64);
        let beneath = format!("{} sent since start", format::size(stats.sent_bytes));
        rate.ui(ui, history, width, &now, &beneath);
        let (now, beneath, buffer) = queue_words(&stats.links, link);
        let queue = Graph {
            name: "Queue",
            figure: |sample| sample.queue_bytes,
            words: |bytes| format::size(bytes as u64),
            colour: palette.predicted,
            top: buffer.max(1.0),
        };
        queue.ui(ui, history, width, &now, &beneath);
        counts_ui(ui, stats);
    });
}

/// Returns the current queue, the other link statistics as text, and the total buffer size in
/// bytes. `link` is the name of the link that the next client gets.
fn queue_words(links: &[LinkStats], link: Option<&str>) -> (String, String, f64) {
    let sum = |figure: fn(&LinkStats) -> u64| links.iter().map(figure).sum::<u64>();
    let buffer = sum(|link| link.buffer_bytes);
    if links.is_empty() {
        let beneath = match link {
            Some(link) => format!("{link}: no client uses it"),
            None => "No emulated link".to_owned(),
        };
        return (format::NONE.to_owned(), beneath, 0.0);
    }
    let now = format!(
        "{} of {}",
        format::size(sum(|link| link.queue_bytes)),
        format::size(buffer)
    );
    let late = links.iter().map(|link| link.lateness_p99).max();
    let late = late.unwrap_or_default();
    let beneath = format!(
        "{}, {} packets dropped by the buffer, {} lost; up to {} late",
        format::count(links.len(), "link"),
        sum(|link| link.dropped),
        sum(|link| link.lost),
        format::time(late)
    );
    (now, beneath, buffer as f64)
}

fn counts_ui(ui: &mut Ui, stats: &Stats) {
    ui.vertical(|ui| {
        ui.set_width(COUNTS);
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.label(controls::small(ui, "Connections"));
        let now = format!("{} of {}", stats.connections, stats.max_connections);
        ui.label(RichText::new(now).heading());
        ui.add_space(4.0);
        for (words, value) in [
            ("served since start", stats.accepted),
            ("refused", stats.refused),
        ] {
            ui.label(controls::small(ui, format!("{value} {words}")));
        }
    });
}

impl Graph<'_> {
    /// Draws the current value, the graph and a line of text.
    fn ui(&self, ui: &mut Ui, history: &History, width: f32, now: &str, beneath: &str) {
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.label(controls::small(ui, self.name));
            ui.label(RichText::new(now).heading());
            self.paint_ui(ui, history, vec2(width, HEIGHT), now);
            controls::truncated(ui, controls::small(ui, beneath));
        });
    }

    fn paint_ui(&self, ui: &mut Ui, history: &History, size: Vec2, now: &str) {
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let figures = history.recent().map(|(_, sample)| (self.figure)(sample));
        let most = figures.fold(0.0, f64::max);
        let top = most.max(self.top);
        if ui.is_rect_visible(rect) {
            let palette = Palette::of(ui);
            ui.painter()
                .rect_filled(rect, f32::from(RADIUS), palette.field);
            let points = self.points(history, rect.shrink2(vec2(0.0, 4.0)), top);
            paint(ui, &points, rect.bottom(), self.colour);
            self.paint_scale(ui, rect, top);
        }
        let spoken = format!(
            "Graph of the {} in the last two minutes. Now {now}, at most {}",
            self.name.to_lowercase(),
            (self.words)(most)
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, spoken.as_str()));
        if let Some(pointer) = response.hover_pos() {
            let ago = SPAN_SECS * f64::from((rect.right() - pointer.x) / rect.width());
            let distance = |(at, _): &(f64, &Sample)| (at - ago).abs();
            let nearest = history
                .recent()
                .min_by(|a, b| distance(a).total_cmp(&distance(b)));
            if let Some((ago, sample)) = nearest {
                let figure = (self.words)((self.figure)(sample));
                response.on_hover_text(format!("{figure}\n{} ago", lab_format::time(ago)));
            }
        }
    }

    /// Draws the value at the upper edge and the times at both ends.
    fn paint_scale(&self, ui: &Ui, rect: Rect, top: f64) {
        let (painter, colour) = (ui.painter(), Palette::of(ui).weak);
        let font = FontId::proportional(SMALL);
        let inner = rect.shrink2(vec2(6.0, 2.0));
        let ago = format!("{} ago", lab_format::time(SPAN_SECS));
        for (at, align, words) in [
            (inner.left_top(), Align2::LEFT_TOP, (self.words)(top)),
            (inner.left_bottom(), Align2::LEFT_BOTTOM, ago),
            (inner.right_bottom(), Align2::RIGHT_BOTTOM, "now".to_owned()),
        ] {
            painter.text(at, align, words, font.clone(), colour);
        }
    }

    /// Returns the samples as points; the newest is at the right edge.
    fn points(&self, history: &History, rect: Rect, top: f64) -> Vec<Pos2> {
        let point = |(ago, sample): (f64, &Sample)| {
            let x = rect.right() - (ago / SPAN_SECS) as f32 * rect.width();
            let share = ((self.figure)(sample) / top) as f32;
            pos2(x, rect.bottom() - share * rect.height())
        };
        history.recent().map(point).collect()
    }
}

/// Draws a line and fills the area below it.
fn paint(ui: &Ui, points: &[Pos2], bottom: f32, colour: Color32) {
    let mut area = Mesh::default();
    for (at, point) in points.iter().enumerate() {
        let faint = colour.gamma_multiply(0.25);
        area.colored_vertex(*point, faint);
        area.colored_vertex(pos2(point.x, bottom), faint);
        if let Some(before) = at.checked_sub(1) {
            let [a, b] = [2 * before as u32, 2 * at as u32];
            area.add_triangle(a, a + 1, b);
            area.add_triangle(a + 1, b, b + 1);
        }
    }
    ui.painter().add(Shape::mesh(area));
    let stroke = Stroke::new(1.5, colour);
    ui.painter().add(Shape::line(points.to_vec(), stroke));
}
