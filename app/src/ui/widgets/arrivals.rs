//! Scatter plot of packet numbers over arrival time: in-order packets form a line, shuffled ones a
//! cloud, and several connections several lines.

use std::time::Duration;

use eframe::egui::{Mesh, Rect, Role, Shape, Ui, WidgetInfo, vec2};

use super::axes::{Axes, SCRUBBED};
use crate::ui::format;
use crate::ui::replay::Moment;
use crate::ui::tokens::Palette;
use lanes_engine::Arrival;

/// Minimum height of the plot.
const LEAST: f32 = 96.0;
/// Side of a dot.
const DOT: f32 = 3.0;

/// Draws the plot in the available space; returns the time at which it is pressed.
pub(crate) fn arrivals(ui: &mut Ui, moment: Moment<'_>) -> Option<Duration> {
    let Moment {
        now: download,
        whole,
    } = moment;
    let timeline = &*download.timeline;
    let room = vec2(ui.available_width(), ui.available_height().max(LEAST));
    let (rect, response) = ui.allocate_exact_size(room, SCRUBBED);
    let highest = whole.arrivals.iter().map(|a| a.packet).max();
    let axes = Axes::new(
        rect,
        whole.until.as_secs_f64(),
        highest.unwrap_or(1).max(1) as f64,
    );
    if ui.is_rect_visible(rect) {
        axes.paint(ui, 1.0, |packet| format::grouped(packet as u64));
        axes.paint_checking(ui, timeline.received, timeline.until);
        let palette = Palette::of(ui);
        let mut mesh = Mesh::default();
        for arrival in &timeline.arrivals {
            let at = axes.at(arrival.at.as_secs_f64(), arrival.packet as f64);
            let dot = Rect::from_center_size(at, vec2(DOT, DOT));
            mesh.add_colored_rect(dot, palette.lane(arrival.connection));
        }
        ui.painter().add(Shape::mesh(mesh));
        axes.paint_playhead(ui, moment.playhead());
    }
    let shown = timeline.arrivals.len();
    response.widget_info(|| {
        let words = format!(
            "Arrival of packets of {} over time: {}",
            download.name,
            format::count(shown, "dot")
        );
        WidgetInfo::labeled(Role::Image, true, words)
    });
    let pressed = axes.pressed_at(&response);
    let nearest = response.hover_pos().and_then(|pointer| {
        let way = |arrival: &&Arrival| {
            let at = axes.at(arrival.at.as_secs_f64(), arrival.packet as f64);
            at.distance(pointer)
        };
        let nearest = timeline
            .arrivals
            .iter()
            .min_by(|a, b| way(a).total_cmp(&way(b)));
        nearest.filter(|arrival| way(arrival) < 16.0)
    });
    if let Some(arrival) = nearest {
        let words = format!(
            "Packet {} arrived after {}\nover connection {}",
            format::grouped(arrival.packet),
            format::time(Duration::from_secs_f64(arrival.at.as_secs_f64())),
            arrival.connection
        );
        response.on_hover_text_at_pointer(words);
    }
    pressed
}
