//! Time lines of the connections: states and rates over time, one row each.

use std::time::Duration;

use eframe::egui::{
    Align2, Color32, FontId, Mesh, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

use super::axes::{Axes, SCRUBBED};
use crate::ui::format;
use crate::ui::replay::Moment;
use crate::ui::tokens::{Palette, SMALL};
use lanes_engine::{ConnectionState, Timeline, Track};

/// Minimum and maximum height of a row with its gap.
const ROW: (f32, f32) = (13.0, 32.0);
const GAP: f32 = 3.0;
/// Minimum width of a rate column.
const COLUMN: f32 = 3.0;
/// Space for the time labels below the rows.
const TIMES: f32 = 20.0;

/// Draws the time lines in the available space; tooltips describe the state under the pointer. Returns the
/// time at which they are pressed.
pub(crate) fn time_lines(ui: &mut Ui, moment: Moment<'_>) -> Option<Duration> {
    let Moment {
        now: download,
        whole,
    } = moment;
    let timeline = &*download.timeline;
    let count = timeline.tracks.len();
    let room = (ui.available_height() - TIMES).max(ROW.0 * 4.0);
    let row = (room / count.max(1) as f32).clamp(ROW.0, ROW.1);
    let secs = whole.until.as_secs_f64();
    let width = ui.available_width();
    let per = whole
        .slots()
        .div_ceil((((width - 80.0) / COLUMN) as usize).max(1));
    let peak = peak(whole, per);
    let mut pressed = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let shown = ScrollArea::vertical()
        .id_salt(("time lines", download.id.0))
        .auto_shrink([false, true])
        .max_height(room)
        .show_rows(ui, row, count, |ui, rows| {
            let mut axes = None;
            for index in rows {
                let (rect, response) =
                    ui.allocate_exact_size(vec2(ui.available_width(), row), SCRUBBED);
                let room = Rect::from_min_max(rect.min, rect.max + vec2(0.0, TIMES));
                let lane = Axes {
                    rect: Rect::from_min_max(
                        pos2(rect.left() + 40.0, rect.top()),
                        pos2(rect.right() - 8.0, rect.bottom() - GAP),
                    ),
                    ..Axes::new(room, secs, peak)
                };
                axes = Some(lane);
                lane.paint_checking(ui, timeline.received, timeline.until);
                let track = &timeline.tracks[index];
                paint(ui, &lane, timeline, index, per);
                lane.paint_playhead(ui, moment.playhead());
                pressed = pressed.or(lane.pressed_at(&response));
                name(&response, track, index);
                hover(response, &lane, timeline, index, per);
            }
            axes
        });
    let (rect, _) = ui.allocate_exact_size(vec2(width, TIMES), Sense::hover());
    if let Some(axes) = shown.inner {
        let rect = Rect::from_min_max(
            pos2(axes.rect.left(), rect.top() - 4.0),
            pos2(axes.rect.right(), rect.top() - 2.0),
        );
        Axes { rect, ..axes }.paint_times(ui);
    }
    pressed
}

/// Returns the rate that fills a row: the 95th percentile, since a burst out of a buffer would
/// flatten everything else.
fn peak(timeline: &Timeline, per: usize) -> f64 {
    let rates = |track| timeline.rates(track, per);
    let tracks = timeline.tracks.iter();
    let mut rates: Vec<f64> = tracks.flat_map(rates).filter(|rate| *rate > 0.0).collect();
    rates.sort_by(f64::total_cmp);
    let seldom_exceeded = rates.len().saturating_sub(1) * 95 / 100;
    rates.get(seldom_exceeded).copied().unwrap_or(1.0)
}

/// Returns the states of a connection with their start and end times.
fn spans(timeline: &Timeline, track: &Track) -> Vec<(f64, f64, ConnectionState)> {
    let ends = track.states.iter().skip(1).map(|(at, _)| *at);
    track
        .states
        .iter()
        .zip(ends.chain([timeline.until]))
        .map(|((from, state), to)| (from.as_secs_f64(), to.as_secs_f64(), *state))
        .collect()
}

fn paint(ui: &Ui, lane: &Axes, timeline: &Timeline, index: usize, per: usize) {
    if !ui.is_rect_visible(lane.rect) {
        return;
    }
    let palette = Palette::of(ui);
    let number = index as u16 + 1;
    let colour = palette.lane(number);
    let painter = ui.painter();
    painter.text(
        pos2(lane.rect.left() - 12.0, lane.rect.center().y),
        Align2::RIGHT_CENTER,
        number.to_string(),
        FontId::monospace(SMALL),
        palette.text,
    );
    let dot = Rect::from_center_size(
        pos2(lane.rect.left() - 36.0, lane.rect.center().y),
        vec2(8.0, 8.0),
    );
    painter.rect_filled(dot, 2.0, colour);
    let track = &timeline.tracks[index];
    painter.add(Shape::mesh(rates(lane, timeline, track, per, colour)));
    for (from, to, state) in spans(timeline, track) {
        let span = Rect::from_x_y_ranges(lane.x(from)..=lane.x(to), lane.rect.y_range());
        paint_span(ui, span, state, colour);
    }
    for (at, from) in &track.steals {
        paint_steal(ui, lane, at.as_secs_f64(), number, *from);
    }
}

/// Returns the rates as filled columns.
fn rates(lane: &Axes, timeline: &Timeline, track: &Track, per: usize, colour: Color32) -> Mesh {
    let mut mesh = Mesh::default();
    let column = timeline.slot.as_secs_f64() * per as f64;
    for (index, rate) in timeline.rates(track, per).enumerate() {
        if rate > 0.0 {
            let from = lane.at(column * index as f64, rate);
            let to = lane.at((column * (index + 1) as f64).min(lane.secs), 0.0);
            // Slow rates stay visible.
            let top = from.y.min(to.y - 1.0).max(lane.rect.top());
            mesh.add_colored_rect(Rect::from_min_max(pos2(from.x, top), to), colour);
        }
    }
    mesh
}

/// Draws a state other than receiving; each has its own shape, so that none relies on colour.
fn paint_span(ui: &Ui, span: Rect, state: ConnectionState, colour: Color32) {
    let palette = Palette::of(ui);
    let painter = ui.painter();
    let middle = span.center().y;
    // Short states stay visible.
    let seen = span.with_max_x(span.right().max(span.left() + 1.5));
    match state {
        ConnectionState::Connecting => hatch(ui, seen),
        ConnectionState::Waiting => {
            painter.hline(seen.x_range(), middle, Stroke::new(2.0, colour));
        }
        ConnectionState::Stalled => {
            let low = Rect::from_min_max(pos2(seen.left(), middle), seen.max);
            painter.rect_filled(low, 0.0, palette.warn);
        }
        ConnectionState::Limited => {
            // A lid on the rate.
            painter.hline(
                seen.x_range(),
                seen.top() + 1.0,
                Stroke::new(2.0, palette.weak),
            );
        }
        ConnectionState::Retrying => {
            painter.vline(seen.left(), seen.y_range(), Stroke::new(2.0, palette.bad));
            let dashes = Shape::dashed_line(
                &[pos2(seen.left(), middle), pos2(seen.right(), middle)],
                Stroke::new(1.0, palette.bad),
                3.0,
                3.0,
            );
            painter.extend(dashes);
        }
        ConnectionState::Lost => {
            let centre = pos2(span.left(), middle);
            let stroke = Stroke::new(2.0, palette.bad);
            for way in [vec2(4.0, 4.0), vec2(4.0, -4.0)] {
                painter.line_segment([centre - way, centre + way], stroke);
            }
        }
        ConnectionState::New
        | ConnectionState::Queued
        | ConnectionState::Receiving
        | ConnectionState::Done => {}
    }
}

fn hatch(ui: &Ui, span: Rect) {
    let palette = Palette::of(ui);
    let rect = span.shrink2(vec2(0.0, span.height() * 0.2));
    ui.painter().rect_filled(rect, 0.0, palette.track);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let height = rect.height();
    let mut x = rect.left() - height;
    while x < rect.right() {
        let line = [pos2(x, rect.bottom()), pos2(x + height, rect.top())];
        painter.line_segment(line, Stroke::new(1.0, palette.weak));
        x += 4.0;
    }
}

/// Draws an arrow towards the row of the victim of a steal.
fn paint_steal(ui: &Ui, lane: &Axes, at: f64, thief: u16, victim: u16) {
    let palette = Palette::of(ui);
    let x = lane.x(at);
    let (from, to) = if victim < thief {
        (lane.rect.bottom() - 1.0, lane.rect.top() - 1.0)
    } else {
        (lane.rect.top() + 1.0, lane.rect.bottom() + 1.0)
    };
    let back = (from - to).signum() * 5.0;
    let line = Stroke::new(1.5, palette.text);
    ui.painter()
        .line_segment([pos2(x, from), pos2(x, to)], line);
    let head = vec![
        pos2(x, to),
        pos2(x - 3.5, to + back),
        pos2(x + 3.5, to + back),
    ];
    ui.painter()
        .add(Shape::convex_polygon(head, palette.text, Stroke::NONE));
}

fn name(response: &Response, track: &Track, index: usize) {
    response.widget_info(|| {
        let state = track.state().map_or("not started", ConnectionState::label);
        let words = format!(
            "Time line of connection {}: {}, {}",
            index + 1,
            state.to_lowercase(),
            format::count(track.steals.len(), "steal")
        );
        WidgetInfo::labeled(Role::Image, true, words)
    });
}

/// Describes the state under the pointer.
fn hover(response: Response, lane: &Axes, timeline: &Timeline, index: usize, per: usize) {
    let Some(secs) = response.hover_pos().and_then(|pointer| {
        let level = pos2(pointer.x, lane.rect.center().y);
        lane.secs_at(level)
    }) else {
        return;
    };
    let track = &timeline.tracks[index];
    let within = |(from, to, _): &(f64, f64, ConnectionState)| (*from..=*to).contains(&secs);
    let span = spans(timeline, track).into_iter().find(within);
    let is_checking = timeline
        .received
        .is_some_and(|received| secs > received.as_secs_f64());
    let state = match span {
        _ if is_checking => "done; the file is being checked",
        Some((_, _, state)) => state.label(),
        None => "not started",
    };
    let at = Duration::from_secs_f64(secs);
    let mut words = format!(
        "Connection {} after {}\n{}",
        index + 1,
        format::time(at),
        format::capital(&state.to_lowercase())
    );
    let column = (secs / (timeline.slot.as_secs_f64() * per as f64)) as usize;
    if let Some(rate) = timeline.rates(track, per).nth(column).filter(|r| *r >= 1.0) {
        words += &format!(", {}", format::rate(rate));
    }
    let near = |when: &Duration| (lane.x(when.as_secs_f64()) - lane.x(secs)).abs() < 6.0;
    for (_, victim) in track.steals.iter().filter(|(when, _)| near(when)) {
        words += &format!("\nStole half of connection {victim}'s remaining work");
    }
    response.on_hover_text_at_pointer(words);
}
