//! The Connections tab: one row per connection. Only visible rows are laid out.

use eframe::egui::{Align, Layout, Mesh, Rect, Sense, Shape, Ui, pos2, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::ui::format;
use crate::ui::tokens::{Palette, ROW};
use crate::ui::widgets::controls;
use lanes_engine::{
    ConnectionSnapshot, ConnectionState, DownloadSnapshot, DownloadState, Timeline,
};

/// Minimum height of the table, so that a low window still shows some rows.
const LEAST: f32 = 4.0 * ROW;
/// Maximum number of bars in the rate history.
const STEPS: usize = 48;

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Number,
    State,
    Remote,
    Share,
    Curve,
    Bytes,
    Rate,
    Offset,
    FirstByte,
    Retries,
    Steals,
}

/// The columns: heading, width (0 for the remaining width), and right alignment for numbers.
const COLUMNS: [(Cell, &str, f32, bool); 11] = [
    (Cell::Number, "#", 44.0, false),
    (Cell::State, "State", 96.0, false),
    (Cell::Remote, "Server", 148.0, false),
    (Cell::Share, "Share", 0.0, false),
    (Cell::Curve, "Rate history", 96.0, false),
    (Cell::Bytes, "Bytes", 76.0, true),
    (Cell::Rate, "Rate", 88.0, true),
    (Cell::Offset, "Position", 76.0, true),
    (Cell::FirstByte, "First byte", 76.0, true),
    (Cell::Retries, "Retries", 56.0, true),
    (Cell::Steals, "Steals", 48.0, true),
];

impl Cell {
    /// Returns whether the column is shown at this table width.
    fn fits(self, width: f32) -> bool {
        match self {
            Self::Offset | Self::FirstByte | Self::Retries => width >= 720.0,
            Self::Curve => width >= 820.0,
            Self::Remote => width >= 960.0,
            _ => true,
        }
    }
}

pub(super) fn ui(ui: &mut Ui, download: &DownloadSnapshot) {
    let connections = &download.connections;
    let most = connections.iter().map(|c| c.bytes).max();
    let most = most.unwrap_or(0).max(1);
    let width = ui.available_width();
    let columns: Vec<_> = COLUMNS
        .into_iter()
        .filter(|(cell, ..)| cell.fits(width))
        .collect();
    let room = ui.available_height().max(LEAST);
    let height = room.min((connections.len() + 1) as f32 * (ROW + 1.0) + 8.0);
    ui.allocate_ui(vec2(width, height), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut table = TableBuilder::new(ui)
            .id_salt(("connections", download.id.0))
            .auto_shrink([false, false])
            .max_scroll_height(height - ROW)
            .min_scrolled_height(0.0)
            .cell_layout(Layout::left_to_right(Align::Center));
        for (_, _, width, _) in &columns {
            table = table.column(if *width > 0.0 {
                Column::exact(*width)
            } else {
                Column::remainder().at_least(32.0).clip(true)
            });
        }
        table
            // An empty column, whose spacing leaves room for the scroll bar.
            .column(Column::exact(0.0))
            .header(ROW, |mut row| {
                for (_, words, _, right) in &columns {
                    row.col(|ui| controls::head(ui, words, *right));
                }
            })
            .body(|body| {
                body.rows(ROW, connections.len(), |mut row| {
                    if let Some(connection) = connections.get(row.index()) {
                        for (cell, ..) in &columns {
                            cell_ui(&mut row, *cell, connection, most, download);
                        }
                    }
                });
            });
    });
}

fn cell_ui(
    row: &mut TableRow<'_, '_>,
    cell: Cell,
    connection: &ConnectionSnapshot,
    most: u64,
    download: &DownloadSnapshot,
) {
    row.col(|ui| match cell {
        Cell::Number => {
            let colour = Palette::of(ui).lane(connection.number);
            let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
            ui.painter().rect_filled(rect, 2.0, colour);
            ui.monospace(connection.number.to_string());
        }
        Cell::State => state_ui(ui, connection.state, &download.state),
        Cell::Remote => {
            let remote = connection.remote.map(|address| address.to_string());
            let way = download.ways.get(usize::from(connection.way));
            let remote = match way {
                Some(way) => remote.map(|remote| format!("{} → {remote}", way.name)),
                None => remote,
            };
            let words = remote.unwrap_or_else(|| format::NONE.to_owned());
            controls::truncated(ui, controls::small(ui, words).monospace());
        }
        Cell::Share => share_ui(ui, connection, most),
        Cell::Curve => curve_ui(ui, connection.number, &download.timeline),
        Cell::Bytes => controls::number(ui, format::size(connection.bytes)),
        Cell::Rate => controls::number(ui, format::rate(connection.rate)),
        Cell::Offset => controls::number(ui, format::size(connection.offset)),
        Cell::FirstByte => {
            let first = connection.first_byte.map(format::time);
            controls::number(ui, first.unwrap_or_else(|| format::NONE.to_owned()));
        }
        Cell::Retries => controls::number(ui, connection.retries.to_string()),
        Cell::Steals => controls::number(ui, connection.steals.to_string()),
    });
}

fn state_ui(ui: &mut Ui, state: ConnectionState, download: &DownloadState) {
    let palette = Palette::of(ui);
    let colour = match state {
        ConnectionState::Receiving => palette.text,
        ConnectionState::New
        | ConnectionState::Queued
        | ConnectionState::Connecting
        | ConnectionState::Waiting
        | ConnectionState::Limited
        | ConnectionState::Done => palette.weak,
        ConnectionState::Stalled | ConnectionState::Retrying => palette.warn,
        ConnectionState::Lost => palette.bad,
    };
    let words = match (state, download) {
        // Its work is not done: the user paused it.
        (ConnectionState::Done, DownloadState::Paused | DownloadState::Pausing) => "Paused",
        _ => state.label(),
    };
    ui.colored_label(colour, words);
}

/// Draws the received bytes as a bar relative to the connection with the most.
fn share_ui(ui: &mut Ui, connection: &ConnectionSnapshot, most: u64) {
    let width = (ui.available_width() - 16.0).max(0.0);
    let (rect, _) = ui.allocate_exact_size(vec2(width, 8.0), Sense::hover());
    let share = connection.bytes as f32 / most as f32;
    let full = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
    ui.painter()
        .rect_filled(full, 2.0, Palette::of(ui).lane(connection.number));
}

/// Draws the rate history as bars, scaled to the connection's own peak.
fn curve_ui(ui: &mut Ui, number: u16, timeline: &Timeline) {
    let (rect, _) = ui.allocate_exact_size(vec2(88.0, 14.0), Sense::hover());
    let Some(track) = timeline.tracks.get(usize::from(number) - 1) else {
        return;
    };
    let per = timeline.slots().div_ceil(STEPS);
    let rates: Vec<f64> = timeline.rates(track, per).collect();
    let peak = rates.iter().copied().fold(1.0, f64::max);
    let width = rect.width() / rates.len().max(1) as f32;
    let colour = Palette::of(ui).lane(number);
    let mut mesh = Mesh::default();
    for (index, rate) in rates.iter().enumerate() {
        let left = rect.left() + width * index as f32;
        let top = rect.bottom() - (rate / peak) as f32 * rect.height();
        let bar = Rect::from_min_max(pos2(left, top), pos2(left + width, rect.bottom()));
        mesh.add_colored_rect(bar, colour);
    }
    ui.painter().add(Shape::mesh(mesh));
}
