//! Icons, drawn rather than set in type: a font may lack a glyph, a line is always there.

use std::f32::consts::TAU;

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

/// What an icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    /// An arrow into a tray.
    Downloads,
    /// A falling line with dots.
    Compare,
    /// Two boxes, one above the other.
    Server,
    /// A wheel.
    Settings,
    /// A small arrow downwards: a list opens.
    Open,
    /// A pencil: something is changed by hand.
    Edit,
    /// Three lanes: the program itself.
    Lanes,
}

impl Icon {
    /// Draws the icon into `rect`, which is best square.
    pub(crate) fn paint(self, painter: &Painter, rect: Rect, colour: Color32) {
        let stroke = Stroke::new((rect.width() / 11.0).max(1.5), colour);
        let at = |x: f32, y: f32| {
            pos2(
                rect.left() + x * rect.width(),
                rect.top() + y * rect.height(),
            )
        };
        let line = |points: &[(f32, f32)]| {
            let points: Vec<Pos2> = points.iter().map(|&(x, y)| at(x, y)).collect();
            painter.add(Shape::line(points, stroke));
        };
        match self {
            Self::Downloads => {
                line(&[(0.5, 0.08), (0.5, 0.64)]);
                line(&[(0.27, 0.42), (0.5, 0.65), (0.73, 0.42)]);
                line(&[(0.1, 0.66), (0.1, 0.92), (0.9, 0.92), (0.9, 0.66)]);
            }
            Self::Compare => {
                line(&[(0.06, 0.05), (0.06, 0.94), (0.96, 0.94)]);
                let points = [(0.26, 0.2), (0.46, 0.52), (0.68, 0.66), (0.92, 0.7)];
                line(&points);
                for (x, y) in points {
                    painter.circle_filled(at(x, y), rect.width() * 0.085, colour);
                }
            }
            Self::Server => {
                for top in [0.1, 0.54] {
                    let shelf = Rect::from_min_size(at(0.06, top), vec2(0.88, 0.36) * rect.size());
                    painter.rect_stroke(shelf, 2.0, stroke, eframe::egui::StrokeKind::Middle);
                    painter.circle_filled(at(0.24, top + 0.18), rect.width() * 0.06, colour);
                    line(&[(0.5, top + 0.18), (0.78, top + 0.18)]);
                }
            }
            Self::Settings => {
                let centre = rect.center();
                let radius = rect.width() * 0.29;
                painter.circle_stroke(centre, radius, stroke);
                painter.circle_filled(centre, rect.width() * 0.09, colour);
                for tooth in 0..8 {
                    let (sin, cos) = (TAU * tooth as f32 / 8.0).sin_cos();
                    let way = vec2(cos, sin);
                    painter.line_segment(
                        [centre + way * radius, centre + way * rect.width() * 0.46],
                        stroke,
                    );
                }
            }
            Self::Open => line(&[(0.22, 0.38), (0.5, 0.66), (0.78, 0.38)]),
            Self::Edit => {
                line(&[
                    (0.08, 0.92),
                    (0.16, 0.66),
                    (0.74, 0.08),
                    (0.92, 0.26),
                    (0.34, 0.84),
                ]);
                line(&[(0.34, 0.84), (0.08, 0.92)]);
                line(&[(0.58, 0.24), (0.76, 0.42)]);
            }
            Self::Lanes => {
                for (y, to) in [(0.24, 0.96), (0.5, 0.66), (0.76, 0.82)] {
                    painter.line_segment(
                        [at(0.04, y), at(to, y)],
                        Stroke::new(rect.width() / 6.5, colour),
                    );
                }
            }
        }
    }
}
