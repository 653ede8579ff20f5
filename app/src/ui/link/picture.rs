//! Diagram of the emulated path: server ─ limit ─ buffer ─ rate ─ delay ─ client.

use eframe::egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use crate::ui::tokens::{BODY, Palette, STEP};

/// A part of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The server.
    Server,
    /// The per-connection rate limit.
    Cap,
    /// The queue before the bottleneck.
    Buffer,
    /// The bottleneck rate.
    Rate,
    /// Propagation delay and random loss.
    Delay,
    /// The client.
    Client,
}

impl Part {
    const ALL: [Self; 6] = [
        Self::Server,
        Self::Cap,
        Self::Buffer,
        Self::Rate,
        Self::Delay,
        Self::Client,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Server => "Server",
            Self::Cap => "Per-connection limit",
            Self::Buffer => "Buffer",
            Self::Rate => "Rate",
            Self::Delay => "Round-trip time",
            Self::Client => "Client",
        }
    }
}

/// Side of the square icon of a part.
const SIDE: f32 = 36.0;

/// Draws the diagram, one column per part; parts that have an effect are coloured.
pub(crate) fn picture_ui(ui: &mut Ui, column: f32, is_set: impl Fn(Part) -> bool) {
    let count = Part::ALL.len() as f32;
    let size = vec2(column * count + STEP * (count - 1.0), SIDE + 24.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Image,
            true,
            "Path from the server through per-connection limit, buffer, rate and delay to the client",
        )
    });
    if !ui.is_rect_visible(rect) {
        return;
    }
    let palette = Palette::of(ui);
    let painter = ui.painter();
    let middle = rect.top() + SIDE / 2.0;
    let at = |index: usize| rect.left() + index as f32 * (column + STEP) + column / 2.0;
    let wire = Stroke::new(2.0, palette.track);
    painter.hline(at(0)..=at(Part::ALL.len() - 1), middle, wire);
    for (index, part) in Part::ALL.into_iter().enumerate() {
        let centre = pos2(at(index), middle);
        let colour = if is_set(part) || matches!(part, Part::Server | Part::Client) {
            palette.accent
        } else {
            palette.weak
        };
        let square = Rect::from_center_size(centre, vec2(SIDE, SIDE));
        painter.rect_filled(square.expand2(vec2(6.0, 0.0)), 0.0, palette.surface);
        paint(part, painter, square, colour, palette.surface);
        painter.text(
            pos2(centre.x, rect.bottom()),
            Align2::CENTER_BOTTOM,
            part.name(),
            FontId::proportional(BODY),
            palette.text,
        );
    }
}

fn paint(part: Part, painter: &Painter, square: Rect, colour: Color32, behind: Color32) {
    let stroke = Stroke::new(2.0, colour);
    let at = |x: f32, y: f32| square.min + vec2(x, y) * square.size();
    let line = |points: &[(f32, f32)]| {
        let points: Vec<Pos2> = points.iter().map(|&(x, y)| at(x, y)).collect();
        painter.add(Shape::line(points, stroke));
    };
    let boxed = |left, top, right, bottom| {
        let rect = Rect::from_min_max(at(left, top), at(right, bottom));
        painter.rect(rect, 3.0, behind, stroke, StrokeKind::Middle);
    };
    match part {
        Part::Server => {
            for top in [0.12, 0.54] {
                boxed(0.1, top, 0.9, top + 0.34);
                painter.circle_filled(at(0.26, top + 0.17), 2.0, colour);
            }
        }
        // A constriction.
        Part::Cap => {
            line(&[(0.0, 0.1), (0.3, 0.38), (0.7, 0.38), (1.0, 0.1)]);
            line(&[(0.0, 0.9), (0.3, 0.62), (0.7, 0.62), (1.0, 0.9)]);
        }
        // Queued packets.
        Part::Buffer => {
            line(&[(0.0, 0.2), (1.0, 0.2)]);
            line(&[(0.0, 0.8), (1.0, 0.8)]);
            line(&[(1.0, 0.2), (1.0, 0.8)]);
            for left in [0.22, 0.48, 0.74] {
                let packet = Rect::from_min_max(at(left, 0.34), at(left + 0.16, 0.66));
                painter.rect_filled(packet, 1.0, colour);
            }
        }
        // A pipe.
        Part::Rate => {
            boxed(0.02, 0.24, 0.98, 0.76);
            line(&[(0.24, 0.5), (0.72, 0.5)]);
            line(&[(0.58, 0.38), (0.74, 0.5), (0.58, 0.62)]);
        }
        // A clock.
        Part::Delay => {
            painter.circle(square.center(), square.width() * 0.4, behind, stroke);
            line(&[(0.5, 0.26), (0.5, 0.5), (0.66, 0.6)]);
        }
        Part::Client => {
            boxed(0.06, 0.16, 0.94, 0.7);
            line(&[(0.3, 0.88), (0.7, 0.88)]);
            line(&[(0.5, 0.7), (0.5, 0.88)]);
        }
    }
}
