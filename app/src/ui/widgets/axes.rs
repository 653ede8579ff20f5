//! Two axes that start at nothing: time to the right, something else upwards.

use eframe::egui::{Align2, FontId, Pos2, Rect, Stroke, Ui, pos2, vec2};

use crate::ui::tokens::{Palette, SMALL};

/// Room for the words at the left of the plot.
const LEFT: f32 = 72.0;
/// Room for the words beneath it.
const BOTTOM: f32 = 20.0;

/// Where things lie between two axes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axes {
    /// The plot itself.
    pub rect: Rect,
    /// Seconds at its right edge.
    pub secs: f64,
    /// The value at its upper edge.
    pub top: f64,
}

impl Axes {
    /// Axes that reach to `secs` and at least to `top`, with their words, in `room`.
    pub(crate) fn new(room: Rect, secs: f64, top: f64) -> Self {
        let rect = Rect::from_min_max(
            room.min + vec2(LEFT, SMALL / 2.0),
            room.max - vec2(8.0, BOTTOM),
        );
        // A line at the very edge cannot be told from the edge.
        let (secs, top) = (secs.max(1e-6), (top * 1.05).max(1e-9));
        Self { rect, secs, top }
    }

    /// Where a value lies.
    pub(crate) fn at(&self, secs: f64, value: f64) -> Pos2 {
        let y = self.rect.bottom() - (value / self.top) as f32 * self.rect.height();
        pos2(self.x(secs), y)
    }

    /// Where a time lies.
    pub(crate) fn x(&self, secs: f64) -> f32 {
        self.rect.left() + (secs / self.secs) as f32 * self.rect.width()
    }

    /// Which time lies there; `None` beside the plot.
    pub(crate) fn secs_at(&self, pointer: Pos2) -> Option<f64> {
        let share = f64::from((pointer.x - self.rect.left()) / self.rect.width());
        self.rect.contains(pointer).then_some(share * self.secs)
    }

    /// The grid, the times beneath it, and the values beside it, as `words` says them. Its lines are round
    /// in a unit that is `unit` values.
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

    /// Only the times beneath the plot.
    pub(crate) fn paint_times(&self, ui: &Ui) {
        let palette = Palette::of(ui);
        for secs in ticks(self.secs, (self.rect.width() / 88.0) as usize) {
            let at = pos2(self.x(secs), self.rect.bottom() + 4.0);
            let (align, words) = if secs == 0.0 {
                (Align2::LEFT_TOP, "0".to_owned())
            } else {
                (Align2::CENTER_TOP, time_words(secs, self.secs))
            };
            // The last one would reach out of the picture.
            if at.x > self.rect.right() - 16.0 {
                continue;
            }
            ui.painter()
                .text(at, align, words, FontId::monospace(SMALL), palette.weak);
        }
    }
}

/// A time at an axis that reaches to `all` seconds: in the unit that fits the whole axis.
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

/// Round values from nothing to `top`, at most about `most` of them (at least 2).
fn ticks(top: f64, most: usize) -> impl Iterator<Item = f64> {
    let step = nice_step(top / most.max(2) as f64);
    // Above an hour the round steps are those of a clock, but a plot of hours is rare enough.
    (0..=(top / step).min(100.0) as u32).map(move |index| f64::from(index) * step)
}

/// The least of 1, 2, 5, 10, 20, 50, … that is not below `least`.
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
    fn times_have_the_unit_of_their_axis() {
        assert_eq!(time_words(0.005, 0.018), "5 ms");
        assert_eq!(time_words(2.5, 9.0), "2.5 s");
        assert_eq!(time_words(120.0, 600.0), "2 min");
    }

    #[test]
    fn what_lies_at_a_place_is_found_there_again() {
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
