//! A picture with holes: the parts of a file that have arrived show their part of the picture, tinted with
//! the colour of the connection that received them; what is missing stays empty.
//!
//! 1. A file is laid over its picture line by line, as a baseline JPEG stores it: a part that covers a tenth
//!    of the file covers a tenth of the picture. Bytes and pixels agree only about, since some parts of a
//!    picture take more bytes than others.
//! 2. The pixels are one texture, uploaded once. A frame draws at most a few thousand rectangles of it.
//! 3. Without a texture, since the picture cannot be decoded before all of it has arrived, the parts have the
//!    colours of their connections only.

pub(crate) mod part;

use eframe::egui::{
    Color32, Mesh, Rect, Response, Role, Sense, Shape, TextureId, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use crate::ui::tokens::Palette;
use part::Part;

/// Width of the line at the start of a part, in points.
const EDGE: f32 = 1.0;
/// Parts narrower than this have no line at their start, in points.
const MIN_EDGED: f32 = 4.0;
/// Opacity of the colour of a connection over the pixels.
const TINT: f32 = 0.42;

/// The picture with holes.
pub(crate) struct PacketPicture<'a> {
    /// The whole picture; `None` if its pixels are not known.
    pub texture: Option<TextureId>,
    /// Number of parts that the whole file has; they are about as wide as high.
    pub count: usize,
    /// The parts that have arrived.
    pub parts: &'a [Part],
    /// Draws the colours of the connections over the pixels.
    pub is_tinted: bool,
}

impl PacketPicture<'_> {
    /// Draws the picture in this size. `name` is read by screen readers.
    pub(crate) fn ui(&self, ui: &mut Ui, size: Vec2, name: &str) -> Response {
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        if ui.is_rect_visible(rect) {
            self.paint(ui, rect);
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        response
    }

    fn paint(&self, ui: &Ui, rect: Rect) {
        let palette = Palette::of(ui);
        let lines = lines(rect.size(), self.count);
        let mut pixels = Mesh::with_texture(self.texture.unwrap_or_default());
        let mut colours = Mesh::default();
        colours.add_colored_rect(rect, palette.track);
        ui.painter().add(Shape::mesh(std::mem::take(&mut colours)));
        for part in self.parts {
            let lane = part.connection.map_or(palette.weak, |n| palette.lane(n));
            let mut is_first = true;
            for (target, source) in pieces(part, lines) {
                let place = within(rect, target);
                if self.texture.is_some() {
                    pixels.add_rect_with_uv(place, source, Color32::WHITE);
                }
                if self.texture.is_none() {
                    colours.add_colored_rect(place, lane);
                } else if self.is_tinted {
                    colours.add_colored_rect(place, lane.gamma_multiply(TINT));
                }
                let has_edge = is_first && place.width() >= MIN_EDGED;
                if has_edge && (self.is_tinted || self.texture.is_none()) {
                    let edge = Rect::from_min_size(place.min, vec2(EDGE, place.height()));
                    let colour = if self.texture.is_some() {
                        lane
                    } else {
                        palette.track
                    };
                    colours.add_colored_rect(edge, colour);
                }
                is_first = false;
            }
        }
        for mesh in [pixels, colours] {
            if !mesh.is_empty() {
                ui.painter().add(Shape::mesh(mesh));
            }
        }
    }
}

/// Returns the largest size with this ratio of width to height that fits into `room`.
pub(crate) fn fitted(room: Vec2, aspect: f32) -> Vec2 {
    let aspect = aspect.max(0.01);
    let width = room.x.min(room.y * aspect);
    vec2(width, width / aspect)
}

/// Returns the number of lines over which `count` parts of about equal width and height are laid.
fn lines(size: Vec2, count: usize) -> f64 {
    let aspect = f64::from(size.x / size.y.max(1.0)).max(0.01);
    (count.max(1) as f64 / aspect).sqrt().round().max(1.0)
}

/// Returns the rectangles of a part: its place in the drawn picture and its pixels, both in the unit square.
/// A part that passes the end of a line continues on the next.
fn pieces(part: &Part, lines: f64) -> impl Iterator<Item = (Rect, Rect)> {
    let start = (part.at.max(0.0) * lines, part.from.max(0.0) * lines);
    let len = (part.len * lines).min(lines - start.0).min(lines - start.1);
    let mut done = 0.0;
    std::iter::from_fn(move || {
        // Rounding must not leave slivers, of which the last could be endless.
        if len - done < 1e-6 {
            return None;
        }
        let (to, from) = (start.0 + done, start.1 + done);
        let step = (len - done).min(line_left(to)).min(line_left(from));
        done += step;
        Some((piece(to, step, lines), piece(from, step, lines)))
    })
}

/// Returns the distance to the end of the line.
fn line_left(at: f64) -> f64 {
    let left = (at + 1e-6).floor() + 1.0 - at;
    left.max(1e-6)
}

/// Returns the rectangle of a piece of a line, in the unit square.
fn piece(at: f64, len: f64, lines: f64) -> Rect {
    let line = (at + 1e-6).floor();
    let left = (at - line).max(0.0);
    let (top, bottom) = (line / lines, (line + 1.0) / lines);
    Rect::from_min_max(
        pos2(left as f32, top as f32),
        pos2((left + len).min(1.0) as f32, bottom.min(1.0) as f32),
    )
}

/// Returns a rectangle of the unit square, drawn in `rect`. Neighbours share their edges.
fn within(rect: Rect, unit: Rect) -> Rect {
    let place = |point: eframe::egui::Pos2| {
        let offset = point.to_vec2() * rect.size();
        pos2(rect.left() + offset.x, rect.top() + offset.y.round())
    };
    Rect::from_min_max(place(unit.min), place(unit.max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(from: f64, len: f64, at: f64) -> Part {
        Part {
            from,
            len,
            at,
            connection: Some(1),
        }
    }

    fn area(rect: Rect) -> f32 {
        rect.width() * rect.height()
    }

    #[test]
    fn parts_of_a_file_cover_their_share_of_the_picture_once() {
        for count in [1_usize, 2, 7, 73, 600, 2048] {
            let lines = lines(vec2(480.0, 300.0), count);
            let mut covered = 0.0;
            for index in 0..count {
                let from = index as f64 / count as f64;
                let part = part(from, 1.0 / count as f64, from);
                for (target, source) in pieces(&part, lines) {
                    assert!(
                        Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)).contains_rect(target)
                    );
                    assert_eq!(target, source, "a sorted part is at its own place");
                    covered += area(target);
                }
            }
            assert!(
                (covered - 1.0).abs() < 1e-3,
                "{count} parts cover {covered}"
            );
        }
    }

    #[test]
    fn a_part_out_of_place_keeps_its_pixels() {
        let lines = 10.0;
        let moved = part(0.55, 0.3, 0.02);
        let all: Vec<(Rect, Rect)> = pieces(&moved, lines).collect();
        assert!(all.len() <= 8, "{all:?}");
        let sum = |pick: fn(&(Rect, Rect)) -> Rect| -> f32 {
            all.iter().map(|pair| area(pick(pair))).sum()
        };
        assert!((sum(|pair| pair.0) - 0.3).abs() < 1e-4);
        assert!((sum(|pair| pair.1) - 0.3).abs() < 1e-4);
        for (target, source) in &all {
            assert!((target.width() - source.width()).abs() < 1e-5);
        }
    }

    #[test]
    fn parts_outside_of_the_file_end_at_its_end() {
        for wrong in [
            part(0.9, 0.5, 0.9),
            part(1.5, 0.5, 0.0),
            part(-1.0, 2.0, 2.0),
            part(f64::NAN, 0.1, 0.0),
            part(0.0, f64::INFINITY, 0.0),
        ] {
            assert!(pieces(&wrong, 5.0).take(100).count() <= 12, "{wrong:?}");
        }
    }

    #[test]
    fn a_picture_keeps_its_ratio() {
        assert_eq!(fitted(vec2(320.0, 320.0), 1.6), vec2(320.0, 200.0));
        assert_eq!(fitted(vec2(320.0, 100.0), 1.6), vec2(160.0, 100.0));
    }
}
