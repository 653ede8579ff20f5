//! Chart of the rate over time: total, or stacked by connection.

use std::time::Duration;

use eframe::egui::{Color32, Mesh, Pos2, Rect, Role, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::axes::{Axes, SCRUBBED};
use crate::ui::format;
use crate::ui::replay::Moment;
use crate::ui::tokens::Palette;
use lanes_engine::Timeline;

/// Minimum height of the chart.
const LEAST: f32 = 96.0;
/// Minimum width of a column.
const COLUMN: f32 = 4.0;

/// Draws the chart in the available space; `stacked` draws a layer per connection. Returns the time at which
/// it is pressed.
pub(crate) fn rate_chart(ui: &mut Ui, moment: Moment<'_>, stacked: bool) -> Option<Duration> {
    let Moment {
        now: download,
        whole,
    } = moment;
    let timeline = &*download.timeline;
    let room = vec2(ui.available_width(), ui.available_height().max(LEAST));
    let (rect, response) = ui.allocate_exact_size(room, SCRUBBED);
    let columns = (rect.width() / COLUMN) as usize;
    let per = whole.slots().div_ceil(columns.max(1)).max(1);
    let total = total(timeline, per);
    let peak = self::total(whole, per).into_iter().fold(0.0, f64::max);
    let axes = Axes::new(rect, whole.until.as_secs_f64(), peak);
    let width = timeline.slot.as_secs_f64() * per as f64;
    if ui.is_rect_visible(rect) {
        axes.paint(ui, 1.0 / format::rate_unit(axes.top).0, |rate| {
            if rate == 0.0 {
                "0".to_owned()
            } else {
                format::rate(rate)
            }
        });
        axes.paint_checking(ui, timeline.received, timeline.until);
        if stacked {
            ui.painter()
                .add(Shape::mesh(layers(ui, &axes, timeline, per)));
        } else {
            paint_total(ui, &axes, &total, width);
        }
        axes.paint_playhead(ui, moment.playhead());
    }
    response.widget_info(|| {
        let words = format!(
            "Rate of {} over time: at most {}",
            download.name,
            format::rate(peak)
        );
        WidgetInfo::labeled(Role::Image, true, words)
    });
    let pressed = axes.pressed_at(&response);
    let Some((secs, pointer)) = response
        .hover_pos()
        .and_then(|pointer| Some((axes.secs_at(pointer)?, pointer)))
    else {
        return pressed;
    };
    let column = (secs / width) as usize;
    let Some(rate) = total.get(column) else {
        return pressed;
    };
    let edge = Stroke::new(1.0, Palette::of(ui).weak);
    ui.painter().vline(pointer.x, axes.rect.y_range(), edge);
    let words = shares(timeline, per, column, *rate, secs);
    response.on_hover_text_at_pointer(words);
    pressed
}

/// Returns the total rate of each column, in bytes per second.
fn total(timeline: &Timeline, per: usize) -> Vec<f64> {
    let mut total = vec![0.0; timeline.slots().div_ceil(per)];
    for track in &timeline.tracks {
        for (sum, rate) in total.iter_mut().zip(timeline.rates(track, per)) {
            *sum += rate;
        }
    }
    total
}

/// Draws the total as filled steps: each is an average over its column.
fn paint_total(ui: &Ui, axes: &Axes, total: &[f64], width: f64) {
    let accent = Palette::of(ui).accent;
    let mut mesh = Mesh::default();
    let mut line: Vec<Pos2> = Vec::with_capacity(total.len() * 2);
    for (index, rate) in total.iter().enumerate() {
        let from = axes.at(width * index as f64, *rate);
        let right = axes.x((width * (index + 1) as f64).min(axes.secs));
        line.extend([from, pos2(right, from.y)]);
        let bar = Rect::from_min_max(from, pos2(right, axes.rect.bottom()));
        mesh.add_colored_rect(bar, accent.gamma_multiply(0.25));
    }
    ui.painter().add(Shape::mesh(mesh));
    ui.painter()
        .add(Shape::line(line, Stroke::new(1.5, accent)));
}

/// Returns the stacked layers of all connections.
fn layers(ui: &Ui, axes: &Axes, timeline: &Timeline, per: usize) -> Mesh {
    let palette = Palette::of(ui);
    let width = timeline.slot.as_secs_f64() * per as f64;
    let mut mesh = Mesh::default();
    let mut base = vec![0.0; timeline.slots().div_ceil(per)];
    for (index, track) in timeline.tracks.iter().enumerate() {
        let colour: Color32 = palette.lane(index as u16 + 1);
        for (column, rate) in timeline.rates(track, per).enumerate() {
            if rate > 0.0 {
                let low = axes.at((width * (column + 1) as f64).min(axes.secs), base[column]);
                base[column] += rate;
                let high = axes.at(width * column as f64, base[column]);
                mesh.add_colored_rect(Rect::from_min_max(high, low), colour);
            }
        }
    }
    mesh
}

/// Describes one column.
fn shares(timeline: &Timeline, per: usize, column: usize, rate: f64, secs: f64) -> String {
    let of = |index: usize| {
        let track = timeline.tracks.get(index)?;
        timeline.rates(track, per).nth(column)
    };
    let rates = (0..timeline.tracks.len()).map(|index| (index + 1, of(index).unwrap_or(0.0)));
    let mut rates: Vec<(usize, f64)> = rates.filter(|(_, rate)| *rate >= 1.0).collect();
    rates.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut words = format!(
        "After {}: {} over {}",
        format::time(Duration::from_secs_f64(secs)),
        format::rate(rate),
        format::count(rates.len(), "connection")
    );
    if rates.len() > 1
        && let (Some(first), Some(last)) = (rates.first(), rates.last())
    {
        words += &format!(
            "\nfastest: connection {} with {}\nslowest: connection {} with {}",
            first.0,
            format::rate(first.1),
            last.0,
            format::rate(last.1)
        );
    }
    words
}
