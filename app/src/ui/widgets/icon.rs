//! Icons as vector drawings, independent of the installed fonts.

use std::f32::consts::TAU;

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

/// An icon, described by its drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    /// An arrow into a tray.
    Downloads,
    /// A falling curve with dots.
    Compare,
    /// An open book.
    Lessons,
    /// Two stacked boxes.
    Server,
    /// A gear.
    Settings,
    /// A chevron pointing down.
    Open,
    /// A pencil.
    Edit,
    /// Three lanes: the program's logo.
    Lanes,
    /// A sheet of paper.
    File,
    /// A framed landscape.
    Picture,
    /// A framed triangle.
    Video,
    /// A musical note.
    Audio,
    /// A sheet with lines of text.
    Document,
    /// A box with a lid.
    Archive,
    /// A terminal window.
    Program,
    /// Two overlapping sheets.
    Copy,
    /// A triangle pointing up.
    Up,
    /// A triangle pointing down.
    Down,
    /// Two bars.
    Pause,
    /// A triangle pointing to the right.
    Play,
    /// A triangle pointing to the left, at a bar.
    StepBack,
    /// A triangle pointing to the right, at a bar.
    StepForward,
    /// An arrow in a circle.
    Retry,
    /// A folder.
    Folder,
    /// A cross.
    Remove,
}

impl Icon {
    /// Draws the icon into `rect`, ideally a square.
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
            Self::Lessons => {
                line(&[(0.5, 0.24), (0.5, 0.92)]);
                for mirrored in [false, true] {
                    let x = |x: f32| if mirrored { 1.0 - x } else { x };
                    line(&[
                        (0.5, 0.24),
                        (x(0.34), 0.12),
                        (x(0.04), 0.12),
                        (x(0.04), 0.8),
                        (x(0.34), 0.8),
                        (0.5, 0.92),
                    ]);
                }
            }
            Self::Remove => {
                line(&[(0.15, 0.15), (0.85, 0.85)]);
                line(&[(0.85, 0.15), (0.15, 0.85)]);
            }
            Self::Server => {
                for top in [0.1, 0.54] {
                    let unit = Rect::from_min_size(at(0.06, top), vec2(0.88, 0.36) * rect.size());
                    painter.rect_stroke(unit, 2.0, stroke, eframe::egui::StrokeKind::Middle);
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
            Self::File => sheet(&line),
            Self::Document => {
                sheet(&line);
                for y in [0.48, 0.66, 0.82] {
                    line(&[(0.32, y), (0.68, y)]);
                }
            }
            Self::Picture => {
                line(&[
                    (0.06, 0.14),
                    (0.94, 0.14),
                    (0.94, 0.86),
                    (0.06, 0.86),
                    (0.06, 0.14),
                ]);
                line(&[
                    (0.06, 0.78),
                    (0.36, 0.48),
                    (0.56, 0.66),
                    (0.7, 0.54),
                    (0.94, 0.76),
                ]);
                painter.circle_filled(at(0.68, 0.34), rect.width() * 0.09, colour);
            }
            Self::Video => {
                line(&[
                    (0.06, 0.14),
                    (0.94, 0.14),
                    (0.94, 0.86),
                    (0.06, 0.86),
                    (0.06, 0.14),
                ]);
                line(&[(0.4, 0.34), (0.66, 0.5), (0.4, 0.66), (0.4, 0.34)]);
            }
            Self::Audio => {
                line(&[(0.36, 0.8), (0.36, 0.14), (0.84, 0.06), (0.84, 0.7)]);
                painter.circle_filled(at(0.24, 0.8), rect.width() * 0.14, colour);
                painter.circle_filled(at(0.72, 0.7), rect.width() * 0.14, colour);
            }
            Self::Archive => {
                line(&[
                    (0.06, 0.12),
                    (0.94, 0.12),
                    (0.94, 0.36),
                    (0.06, 0.36),
                    (0.06, 0.12),
                ]);
                line(&[(0.14, 0.36), (0.14, 0.9), (0.86, 0.9), (0.86, 0.36)]);
                line(&[(0.4, 0.56), (0.6, 0.56)]);
            }
            Self::Program => {
                line(&[
                    (0.06, 0.12),
                    (0.94, 0.12),
                    (0.94, 0.88),
                    (0.06, 0.88),
                    (0.06, 0.12),
                ]);
                line(&[(0.24, 0.36), (0.42, 0.52), (0.24, 0.68)]);
                line(&[(0.52, 0.7), (0.74, 0.7)]);
            }
            Self::Copy => {
                line(&[
                    (0.34, 0.34),
                    (0.94, 0.34),
                    (0.94, 0.94),
                    (0.34, 0.94),
                    (0.34, 0.34),
                ]);
                line(&[
                    (0.2, 0.66),
                    (0.06, 0.66),
                    (0.06, 0.06),
                    (0.66, 0.06),
                    (0.66, 0.2),
                ]);
            }
            Self::Up | Self::Down => {
                let (base, tip) = if self == Self::Up {
                    (0.72, 0.28)
                } else {
                    (0.28, 0.72)
                };
                let points = vec![at(0.14, base), at(0.86, base), at(0.5, tip)];
                painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
            }
            Self::Pause => {
                for left in [0.2, 0.6] {
                    let bar = Rect::from_min_size(at(left, 0.12), vec2(0.2, 0.76) * rect.size());
                    painter.rect_filled(bar, 1.0, colour);
                }
            }
            Self::Play => {
                let points = vec![at(0.22, 0.08), at(0.9, 0.5), at(0.22, 0.92)];
                painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
            }
            Self::StepBack | Self::StepForward => {
                let mirrored = |x: f32| match self {
                    Self::StepBack => 1.0 - x,
                    _ => x,
                };
                let points = [(0.1, 0.12), (0.7, 0.5), (0.1, 0.88)];
                let points = points.map(|(x, y)| at(mirrored(x), y)).to_vec();
                painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
                line(&[(mirrored(0.86), 0.12), (mirrored(0.86), 0.88)]);
            }
            Self::Retry => {
                let arc = (0..=14).map(|step| {
                    let (sin, cos) = (TAU * (0.08 + step as f32 * 0.06)).sin_cos();
                    (0.5 + 0.4 * cos, 0.5 + 0.4 * sin)
                });
                line(&arc.collect::<Vec<_>>());
                line(&[(0.92, 0.1), (0.9, 0.42), (0.6, 0.36)]);
            }
            Self::Folder => line(&[
                (0.06, 0.84),
                (0.06, 0.2),
                (0.38, 0.2),
                (0.48, 0.34),
                (0.94, 0.34),
                (0.94, 0.84),
                (0.06, 0.84),
            ]),
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

/// Draws the outline of a sheet of paper with a folded corner.
fn sheet(line: &impl Fn(&[(f32, f32)])) {
    line(&[
        (0.16, 0.04),
        (0.6, 0.04),
        (0.84, 0.28),
        (0.84, 0.96),
        (0.16, 0.96),
        (0.16, 0.04),
    ]);
    line(&[(0.6, 0.04), (0.6, 0.28), (0.84, 0.28)]);
}
