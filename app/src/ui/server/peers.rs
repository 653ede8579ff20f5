//! The table of connected clients. Only visible rows are laid out.

use eframe::egui::{Align, Layout, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};
use lanes_engine::one_line;
use lanes_server::{Peer, Protocol};

use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::tokens::ROW;
use crate::ui::widgets::controls;

/// Number of rows before the table scrolls.
const SEEN: usize = 10;

/// The columns: heading, tooltip, and right alignment for numbers.
const HEADS: [(&str, &str, bool); 7] = [
    ("Client", "Address of the client", false),
    ("Protocol", "Protocol of the connection", false),
    ("File", "The open file", false),
    ("Sent", "File bytes, without headers", true),
    ("Rate", "Average over the last half second", true),
    (
        "cwnd",
        "Congestion window of the emulated sender, in segments of 1448 bytes",
        true,
    ),
    ("Lost", "Segments lost by the emulated link", true),
];

/// Draws the table.
pub(super) fn ui(ui: &mut Ui, peers: &[Peer]) {
    if peers.is_empty() {
        ui.label(controls::small(ui, "No clients"));
        return;
    }
    let rows = peers.len().min(SEEN) as f32;
    let height = (rows + 1.0) * ROW + 4.0;
    // A name far from its figures is hard to follow.
    let file = (ui.available_width() - 680.0).clamp(96.0, 320.0);
    ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        TableBuilder::new(ui)
            .id_salt("peers")
            .auto_shrink([false, false])
            .max_scroll_height(height - ROW)
            .min_scrolled_height(0.0)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::exact(168.0))
            .column(Column::exact(72.0))
            .column(Column::exact(file).clip(true))
            .column(Column::exact(80.0))
            .column(Column::exact(88.0))
            .column(Column::exact(64.0))
            .column(Column::exact(64.0))
            // An empty column, whose spacing leaves room for the scroll bar.
            .column(Column::remainder())
            .header(ROW, |mut row| {
                for (words, means, right) in HEADS {
                    let (_, cell) = row.col(|ui| controls::head(ui, words, right));
                    cell.on_hover_text(means);
                }
            })
            .body(|body| {
                body.rows(ROW, peers.len(), |mut row| {
                    if let Some(peer) = peers.get(row.index()) {
                        cells(&mut row, peer);
                    }
                });
            });
    });
}

fn cells(row: &mut TableRow<'_, '_>, peer: &Peer) {
    row.col(|ui| {
        ui.monospace(peer.addr.to_string());
    });
    row.col(|ui| {
        ui.label(peer.protocol.map_or(format::NONE, Protocol::name));
    });
    row.col(|ui| {
        // A client may request any name.
        controls::truncated(ui, visual(&one_line(&peer.file)));
    });
    let flow = |figure: fn(&lanes_server::FlowStats) -> u64| {
        let figure = peer.flow.as_ref().map(figure);
        figure.map_or_else(|| format::NONE.to_owned(), |figure| figure.to_string())
    };
    for words in [
        format::size(peer.sent_bytes),
        format::rate(peer.bytes_per_sec as f64),
        flow(|flow| u64::from(flow.cwnd)),
        flow(|flow| flow.lost),
    ] {
        row.col(|ui| controls::number(ui, words));
    }
}
