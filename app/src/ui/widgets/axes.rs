//! Two axes from zero: time to the right, a value upwards.

use std::time::Duration;

use eframe::egui::{Align2, FontId, Pos2, Rect, Response, Sense, Stroke, Ui, pos2, vec2};

use crate::ui::tokens::{Palette, SMALL};

/// Space for the labels left of the plot.
const LEFT: f32 = 72.0;
/// Space for the labels below the plot.
const BOTTOM: f32 = 20.0;

/// A plot over time is pressed and dragged to move the playhead; it takes no keyboard focus.
pub(crate) const SCRUBBED: Sense = Sense::CLICK.union(Sense::DRAG);

/// Maps values to positions in a plot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axes {
    /// The plot area without labels.
    pub rect: Rect,
    /// Time at the right edge, in seconds.
    pub secs: f64,
    /// Value at the upper edge.
    pub top: f64,
}

impl Axes {
    /// Creates axes that reach to `secs` and slightly above `top`, with their labels, in `room`.
    pub(crate) fn new(room: Rect, secs: f64, top: f64) -> Self {
        let rect = Rect::from_min_max(
            room.min + vec2(LEFT, SMALL / 2.0),
            room.max - vec2(8.0, BOTTOM),
        );
        // A line exactly at the edge would be invisible.
        let (secs, top) = (secs.max(1e-6), (top * 1.05).max(1e-9));
        Self { rect, secs, top }
    }

    /// Returns the position of a value.
    pub(crate) fn at(&self, secs: f64, value: f64) -> Pos2 {
        let y = self.rect.bottom() - (value / self.top) as f32 * self.rect.height();
        pos2(self.x(secs), y)
    }

    /// Returns the x coordinate of a time.
    pub(crate) fn x(&self, secs: f64) -> f32 {
        self.rect.left() + (secs / self.secs) as f32 * self.rect.width()
    }

    /// Returns the time at a position; `None` outside of the plot.
    pub(crate) fn secs_at(&self, pointer: Pos2) -> Option<f64> {
        let share = f64::from((pointer.x - self.rect.left()) / self.rect.width());
        self.rect.contains(pointer).then_some(share * self.secs)
    }

    /// Draws the grid with its labels; `words` formats a value. Grid lines are at round multiples
    /// of `unit`.
    pub(crate) fn paint(&self, ui: &Ui, unit: f64, words: impl Fn(f64) -> String) {
        let palette = Palette::of(ui);
        let line = Stroke::new(1.0, palette.line);
        for rung in ticks(self.top / unit, (self.rect.height() / 28.0) as usize) {
            let value = rung * unit;
            let y = self.at(0.0, value).y;
            ui.painter().hline(self.rect.x_range(), y, line);
            ui.painter().text(
                pos2(self.rect.left() - 8.0, y),
                Align2::RIGHT_CENTER,
                words(value),
                FontId::monospace(SMALL),
                palette.weak,
            );
        }
        self.paint_times(ui);
    }

    /// Draws the playhead of a replay.
    pub(crate) fn paint_playhead(&self, ui: &Ui, at: Option<Duration>) {
        if let Some(at) = at {
            let line = Stroke::new(1.5, Palette::of(ui).accent);
            ui.painter()
                .vline(self.x(at.as_secs_f64()), self.rect.y_range(), line);
        }
    }

    /// Shades the time from `received` to `until`, in which the file is checked, and names it if there is
    /// room.
    pub(crate) fn paint_checking(&self, ui: &Ui, received: Option<Duration>, until: Duration) {
        let Some(received) = received else {
            return;
        };
        let palette = Palette::of(ui);
        let from = self
            .x(received.as_secs_f64())
            .clamp(self.rect.left(), self.rect.right());
        let to = self.x(until.as_secs_f64()).clamp(from, self.rect.right());
        let shaded = self.rect.with_min_x(from).with_max_x(to);
        ui.painter()
            .rect_filled(shaded, 0.0, palette.track.gamma_multiply(0.5));
        let font = FontId::proportional(SMALL);
        let words = ui
            .painter()
            .layout_no_wrap("checking".to_owned(), font, palette.weak);
        if words.size().x + 8.0 < shaded.width() && words.size().y <= shaded.height() + 2.0 {
            let at = pos2(
                shaded.left() + 4.0,
                shaded.top().max(shaded.center().y - 40.0),
            );
            ui.painter().galley(at, words, palette.weak);
        }
    }

    /// Returns the time at which the pointer presses the plot. Beside it, that is the nearest one.
    pub(crate) fn pressed_at(&self, response: &Response) -> Option<Duration> {
        let pointer = response.interact_pointer_pos()?;
        let share = (pointer.x - self.rect.left()) / self.rect.width().max(1.0);
        let secs = f64::from(share.clamp(0.0, 1.0)) * self.secs;
        Some(Duration::from_secs_f64(secs))
    }

    /// Draws only the time labels.
    pub(crate) fn paint_times(&self, ui: &Ui) {
        let palette = Palette::of(ui);
        for secs in ticks(self.secs, (self.rect.width() / 88.0) as usize) {
            let at = pos2(self.x(secs), self.rect.bottom() + 4.0);
            let (align, words) = if secs == 0.0 {
                (Align2::LEFT_TOP, "0".to_owned())
            } else {
                (Align2::CENTER_TOP, time_words(secs, self.secs))
            };
            // The last label would exceed the plot.
            if at.x > self.rect.right() - 16.0 {
                continue;
            }
            ui.painter()
                .text(at, align, words, FontId::monospace(SMALL), palette.weak);
        }
    }
}

/// Formats a time in the unit that fits an axis of `all` seconds.
fn time_words(secs: f64, all: f64) -> String {
    let plain = |number: f64| {
        let text = format!("{number:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match all {
        all if all < 1.0 => format!("{} ms", plain(secs * 1e3)),
        all if all < 180.0 => format!("{} s", plain(secs)),
        all if all < 3.0 * 3600.0 => format!("{} min", plain(secs / 60.0)),
        _ => format!("{} h", plain(secs / 3600.0)),
    }
}

/// Iterates over round values from 0 to `top`, about `most` of them and at least 2.
fn ticks(top: f64, most: usize) -> impl Iterator<Item = f64> {
    let step = nice_step(top / most.max(2) as f64);
    // Steps above an hour are decimal, not those of a clock: such plots are rare.
    (0..=(top / step).min(100.0) as u32).map(move |index| f64::from(index) * step)
}

/// Returns the smallest of 1, 2, 5, 10, 20, 50, … that is at least `least`.
fn nice_step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-12).log10().floor());
    let round = [1.0, 2.0, 5.0].map(|factor| factor * power);
    round
        .into_iter()
        .find(|step| *step >= least * 0.999_999)
        .unwrap_or(power * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let all = |top, most| ticks(top, most).collect::<Vec<_>>();
        assert_eq!(all(10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(all(84.0, 4), [0.0, 50.0]);
        for top in [0.003, 1.0, 7.0, 1e9] {
            assert!((2..=7).contains(&all(top, 5).len()), "{top}");
        }
    }

    #[test]
    fn times_use_the_unit_of_the_axis() {
        assert_eq!(time_words(0.005, 0.018), "5 ms");
        assert_eq!(time_words(2.5, 9.0), "2.5 s");
        assert_eq!(time_words(120.0, 600.0), "2 min");
    }

    #[test]
    fn positions_map_back_to_times() {
        let axes = Axes::new(
            Rect::from_min_size(pos2(3.0, 4.0), vec2(500.0, 200.0)),
            8.0,
            100.0,
        );
        let at = axes.at(2.0, 50.0);
        assert!(axes.rect.contains(at));
        assert!((axes.secs_at(at).unwrap() - 2.0).abs() < 0.01);
        assert_eq!(axes.secs_at(pos2(0.0, 0.0)), None);
    }
}
