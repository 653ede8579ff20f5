//! The path view: packets move from the server over the queue to the client, in slow motion.
//!
//! Each connection has a row and a colour. Dropped packets fall; acknowledgements return below the
//! segments. It repaints only while it plays.

use eframe::egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Role, Sense, Slider, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use lanes_shared::link::{Ns, SECOND};

use crate::lab::analysis::packet_positions::{PacketPosition, Place, positions};
use crate::lab::analysis::simulated_run::SimulatedRun;
use crate::ui::tokens::{CONTROL, Palette, SMALL, STEP};
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;

/// Speeds: emulated time ÷ time of the viewer, and their labels.
const SPEEDS: [(u32, &str); 4] = [(1, "×1"), (10, "×1/10"), (100, "×1/100"), (1000, "×1/1000")];
/// Longest time between two frames that counts, in seconds.
const MAX_FRAME: f32 = 0.1;
/// Rows that are drawn at most; further connections share them.
const MAX_ROWS: u32 = 64;
/// Shares of the width: the server, and the ends of the queue.
const QUEUE: (f32, f32) = (0.16, 0.46);
const CLIENT: f32 = 0.94;
const SERVER: f32 = 0.06;

/// Plays a simulated run.
pub(super) struct PathPlayer {
    at: Ns,
    is_playing: bool,
    /// Emulated time passes so many times slower.
    slower: u32,
}

impl Default for PathPlayer {
    fn default() -> Self {
        Self {
            at: 0,
            is_playing: false,
            slower: 10,
        }
    }
}

impl PathPlayer {
    /// Stops at the start.
    pub(super) fn stop(&mut self) {
        (self.at, self.is_playing) = (0, false);
    }

    /// Draws the controls and the packets.
    pub(super) fn ui(&mut self, ui: &mut Ui, run: &SimulatedRun, height: f32) {
        let before = ui.cursor().top();
        self.advance(ui, run);
        self.controls_ui(ui, run);
        let height = (height - (ui.cursor().top() - before)).max(120.0);
        let room = vec2(ui.available_width(), height);
        let (rect, response) = ui.allocate_exact_size(room, Sense::hover());
        let visible = positions(run, self.at);
        if ui.is_rect_visible(rect) {
            let rows = run.packets.iter().map(|packet| packet.connection + 1).max();
            let picture = Picture {
                rect,
                rows: rows.unwrap_or(1).min(MAX_ROWS),
                palette: Palette::of(ui),
            };
            picture.paint(&ui.painter_at(rect), &visible);
        }
        let spoken = spoken(self.at, &visible);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
    }

    /// Lets time pass while it plays.
    fn advance(&mut self, ui: &Ui, run: &SimulatedRun) {
        if !self.is_playing {
            return;
        }
        let frame = ui.input(|input| input.stable_dt).min(MAX_FRAME);
        let passed = f64::from(frame) * SECOND as f64 / f64::from(self.slower);
        self.at = (self.at + passed as Ns).min(run.duration());
        self.is_playing = self.at < run.duration();
        if self.is_playing {
            ui.ctx().request_repaint();
        }
    }

    fn controls_ui(&mut self, ui: &mut Ui, run: &SimulatedRun) {
        ui.horizontal_wrapped(|ui| {
            let (icon, name) = match self.is_playing {
                true => (Icon::Pause, "Pause the packets"),
                false => (Icon::Play, "Play the packets"),
            };
            if controls::icon_button(ui, icon, name).clicked() {
                self.is_playing = !self.is_playing;
                if self.is_playing && self.at >= run.duration() {
                    self.at = 0;
                }
                ui.ctx().request_repaint();
            }
            if controls::icon_button(ui, Icon::StepForward, "Step to the next packet").clicked() {
                self.is_playing = false;
                self.at = next_packet(run, self.at);
            }
            let speeds = SPEEDS.map(|(slower, words)| {
                let name = format!("Speed {words}");
                (slower, words.to_owned(), name)
            });
            controls::chips(ui, &mut self.slower, speeds);
            let end = run.duration() as f64 / 1e9;
            let mut secs = self.at as f64 / 1e9;
            ui.spacing_mut().slider_width = (ui.available_width() - 88.0).clamp(80.0, 320.0);
            let slider = Slider::new(&mut secs, 0.0..=end)
                .fixed_decimals(4)
                .suffix(" s");
            let slider = ui.add_sized(vec2(ui.available_width().min(400.0), CONTROL), slider);
            slider.widget_info(|| {
                let mut info = WidgetInfo::labeled(Role::Slider, true, "Time of the packets");
                info.value = Some(secs);
                info
            });
            if slider.changed() {
                self.at = (secs * 1e9).round() as Ns;
            }
        });
    }
}

/// Returns the time of the next packet that is sent or acknowledged after `at`.
fn next_packet(run: &SimulatedRun, at: Ns) -> Ns {
    let now = run.start() + at;
    let next = run.packets.partition_point(|packet| packet.at <= now);
    let next = run.packets.get(next).map(|packet| packet.at - run.start());
    next.unwrap_or(at)
}

/// Describes the moment for screen readers.
fn spoken(at: Ns, visible: &[PacketPosition]) -> String {
    let count = |is: fn(&Place) -> bool| visible.iter().filter(|one| is(&one.place)).count();
    format!(
        "Path at {:.4} s: {} packets in the queue, {} on the way, {} acknowledgements, {} lost",
        at as f64 / 1e9,
        count(|place| matches!(place, Place::Queue(_))),
        count(|place| matches!(place, Place::Way(_))),
        count(|place| matches!(place, Place::Ack(_))),
        count(|place| matches!(place, Place::Lost(_) | Place::Dropped(_))),
    )
}

/// The picture of one moment.
struct Picture {
    rect: Rect,
    rows: u32,
    palette: &'static Palette,
}

impl Picture {
    fn paint(&self, painter: &Painter, visible: &[PacketPosition]) {
        self.paint_stations(painter);
        let radius = (self.row_height() * 0.3).clamp(1.5, 5.0);
        for one in visible {
            let (at, colour) = self.spot(one);
            match one.place {
                Place::Ack(_) => painter.circle_filled(at, radius * 0.5, colour),
                _ => painter.circle_filled(at, radius, colour),
            };
            if one.is_repeated {
                painter.circle_stroke(at, radius + 1.5, Stroke::new(1.0, self.palette.text));
            }
        }
    }

    fn x(&self, share: f32) -> f32 {
        self.rect.left() + share * self.rect.width()
    }

    /// Height of the row of one connection.
    fn row_height(&self) -> f32 {
        (self.rect.height() - 56.0) / self.rows as f32
    }

    /// Returns the place and the colour of a packet.
    fn spot(&self, one: &PacketPosition) -> (Pos2, Color32) {
        let colour = self.palette.lane(one.connection as u16 + 1);
        let row = self.rect.top()
            + 32.0
            + self.row_height() * ((one.connection % self.rows) as f32 + 0.4);
        let between = |from: f32, to: f32, share: f64| self.x(from + (to - from) * share as f32);
        let fall = |from: f32, share: f64| {
            // Faster and faster, as what falls does.
            let way = (self.rect.bottom() - 8.0 - row) * (share * share) as f32;
            (pos2(self.x(from), row + way), self.palette.bad)
        };
        match one.place {
            Place::Queue(share) => (pos2(between(QUEUE.0, QUEUE.1, share), row), colour),
            Place::Way(share) => (pos2(between(QUEUE.1, CLIENT, share), row), colour),
            Place::Lost(share) => fall((SERVER + QUEUE.0) / 2.0, share),
            Place::Dropped(share) => fall(QUEUE.0, share),
            Place::Ack(share) => {
                let below = row + self.row_height() * 0.35;
                let faint = colour.gamma_multiply(0.7);
                (pos2(between(CLIENT, SERVER, share), below), faint)
            }
        }
    }

    fn paint_stations(&self, painter: &Painter) {
        let palette = self.palette;
        let (top, bottom) = (self.rect.top() + 24.0, self.rect.bottom() - 20.0);
        let line = Stroke::new(1.0, palette.line);
        let queue = Rect::from_min_max(pos2(self.x(QUEUE.0), top), pos2(self.x(QUEUE.1), bottom));
        painter.rect_filled(queue, 4.0, palette.field);
        painter.rect_stroke(
            queue,
            4.0,
            Stroke::new(1.0, palette.track),
            StrokeKind::Inside,
        );
        for share in [SERVER, CLIENT] {
            painter.vline(self.x(share), top..=bottom, line);
        }
        let names = [
            (SERVER, "server"),
            (QUEUE.0.midpoint(QUEUE.1), "queue"),
            (QUEUE.1.midpoint(CLIENT), "way to the client"),
            (CLIENT, "client"),
        ];
        for (share, name) in names {
            let at = pos2(self.x(share), self.rect.top() + STEP);
            let font = FontId::proportional(SMALL);
            painter.text(at, Align2::CENTER_CENTER, name, font, palette.weak);
        }
    }
}
