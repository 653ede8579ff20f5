//! The connections of one download, a row each. Only the rows in sight are laid out.

use eframe::egui::{Align, Layout, Rect, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};
use lanes_shared::size;

use crate::engine::{ConnectionSnapshot, ConnectionState, DownloadSnapshot};
use crate::ui::format;
use crate::ui::tokens::{Palette, ROW};
use crate::ui::widgets::controls;

/// The least height of the table, so that at least some rows are seen in a low window.
const LEAST: f32 = 6.0 * ROW;

pub(super) fn ui(ui: &mut Ui, download: &DownloadSnapshot) {
    let connections = &download.connections;
    let most = connections
        .iter()
        .map(|c| c.bytes)
        .max()
        .unwrap_or(0)
        .max(1);
    let room = ui.available_height().max(LEAST);
    let height = room.min((connections.len() + 1) as f32 * (ROW + 1.0) + 8.0);
    ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        TableBuilder::new(ui)
            .id_salt(("connections", download.id.0))
            .auto_shrink([false, false])
            .max_scroll_height(height - ROW)
            .min_scrolled_height(0.0)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::exact(48.0))
            .column(Column::exact(96.0))
            .column(Column::remainder().clip(true))
            .column(Column::exact(88.0))
            .column(Column::exact(96.0))
            .column(Column::exact(88.0))
            .column(Column::exact(80.0))
            .column(Column::exact(64.0))
            .column(Column::exact(64.0))
            .header(ROW, |mut row| {
                for (words, right) in [
                    ("#", false),
                    ("State", false),
                    ("Share", false),
                    ("Bytes", true),
                    ("Rate", true),
                    ("At", true),
                    ("First byte", true),
                    ("Retries", true),
                    ("Taken", true),
                ] {
                    row.col(|ui| controls::head(ui, words, right));
                }
            })
            .body(|body| {
                body.rows(ROW, connections.len(), |mut row| {
                    if let Some(connection) = connections.get(row.index()) {
                        cells(&mut row, connection, most);
                    }
                });
            });
    });
}

fn cells(row: &mut TableRow<'_, '_>, connection: &ConnectionSnapshot, most: u64) {
    row.col(|ui| {
        let colour = Palette::of(ui).lane(connection.number);
        let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, colour);
        ui.monospace(connection.number.to_string());
    });
    row.col(|ui| {
        let palette = Palette::of(ui);
        let colour = match connection.state {
            ConnectionState::Receiving => palette.text,
            ConnectionState::New
            | ConnectionState::Connecting
            | ConnectionState::Waiting
            | ConnectionState::Done => palette.weak,
            ConnectionState::Stalled | ConnectionState::Retrying => palette.warn,
            ConnectionState::Lost => palette.bad,
        };
        ui.colored_label(colour, connection.state.word());
    });
    row.col(|ui| {
        let (rect, _) =
            ui.allocate_exact_size(vec2(ui.available_width() - 16.0, 8.0), Sense::hover());
        let share = connection.bytes as f32 / most as f32;
        let full = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
        ui.painter()
            .rect_filled(full, 2.0, Palette::of(ui).lane(connection.number));
    });
    row.col(|ui| controls::number(ui, size::si(connection.bytes)));
    row.col(|ui| controls::number(ui, format::rate(connection.rate)));
    row.col(|ui| controls::number(ui, size::si(connection.offset)));
    row.col(|ui| {
        let first = connection.first_byte.map(format::time);
        controls::number(ui, first.unwrap_or_else(|| format::NONE.to_owned()));
    });
    row.col(|ui| controls::number(ui, connection.retries.to_string()));
    row.col(|ui| controls::number(ui, connection.steals.to_string()));
}
