//! The table of connected clients: a row for each client with several connections, which unfolds them. Only
//! visible rows are laid out.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use eframe::egui::{Align, Label, Layout, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};
use lanes_engine::one_line;
use lanes_server::{Peer, Protocol};

use super::clients::{self, Client};
use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::tokens::ROW;
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;

/// Number of rows before the table scrolls.
const SEEN: usize = 10;
/// Width of the first column.
const CLIENT: f32 = 200.0;

/// The columns: heading, tooltip, and right alignment for numbers.
const HEADS: [(&str, &str, bool); 7] = [
    (
        "Client",
        "Address of the client, and the name that it sent with a result",
        false,
    ),
    ("Protocol", "Protocol of the connection", false),
    ("File", "The open file", false),
    ("Sent", "File bytes, without headers", true),
    ("Rate", "Average over the last half second", true),
    (
        "cwnd",
        "Congestion window of the emulated sender, in segments of 1448 bytes; of a client the sum",
        true,
    ),
    ("Lost", "Segments lost by the emulated link", true),
];

/// The clients whose connections are shown, or hidden if it is the only client.
#[derive(Default)]
pub(super) struct Toggled(BTreeSet<IpAddr>);

/// A row of the table.
enum Row<'a> {
    /// A client with several connections; whether they are shown below.
    Client(&'a Client<'a>, bool),
    /// A connection; whether it stands below its client.
    Connection(&'a Peer, bool),
}

/// Draws the table. `names` are those that clients sent with results.
pub(super) fn ui(
    ui: &mut Ui,
    peers: &[Peer],
    names: &HashMap<IpAddr, String>,
    toggled: &mut Toggled,
) {
    if peers.is_empty() {
        ui.label(controls::small(ui, "No clients"));
        toggled.0.clear();
        return;
    }
    let clients = clients::clients(peers, names);
    let all = rows(&clients, toggled);
    let rows = all.len().min(SEEN) as f32;
    let height = (rows + 1.0) * ROW + 4.0;
    // A name far from its figures is hard to follow.
    let file = (ui.available_width() - 512.0 - CLIENT).clamp(96.0, 320.0);
    ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        TableBuilder::new(ui)
            .id_salt("peers")
            .auto_shrink([false, false])
            .max_scroll_height(height - ROW)
            .min_scrolled_height(0.0)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::exact(CLIENT).clip(true))
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
                body.rows(ROW, all.len(), |mut row| match all.get(row.index()) {
                    Some(Row::Client(client, is_open)) => {
                        client_cells(&mut row, client, *is_open, toggled);
                    }
                    Some(Row::Connection(peer, is_below)) => {
                        let name = names.get(&peer.addr.ip().to_canonical());
                        cells(&mut row, peer, name.filter(|_| !is_below), *is_below);
                    }
                    None => {}
                });
            });
    });
}

/// Returns the rows from top to bottom.
fn rows<'a>(clients: &'a [Client<'a>], toggled: &Toggled) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for client in clients {
        if let [only] = client.peers[..] {
            rows.push(Row::Connection(only, false));
            continue;
        }
        let is_open = (clients.len() == 1) != toggled.0.contains(&client.ip);
        rows.push(Row::Client(client, is_open));
        if is_open {
            let below = client.peers.iter();
            rows.extend(below.map(|peer| Row::Connection(peer, true)));
        }
    }
    rows
}

fn client_cells(
    row: &mut TableRow<'_, '_>,
    client: &Client<'_>,
    is_open: bool,
    toggled: &mut Toggled,
) {
    row.col(|ui| {
        let (icon, verb) = match is_open {
            true => (Icon::Down, "Hide"),
            false => (Icon::Play, "Show"),
        };
        let name = format!("{verb} the connections of {}", client.ip);
        if controls::small_icon_button(ui, icon, &name).clicked() && !toggled.0.remove(&client.ip) {
            toggled.0.insert(client.ip);
        }
        client_name(ui, &client.ip.to_string(), client.name);
    });
    row.col(|ui| {
        ui.label(client.peers.len().to_string())
            .on_hover_text(format::count(client.peers.len(), "connection"));
    });
    let sum = client.sum();
    figure_cells(row, &sum.file, &sum);
}

fn cells(row: &mut TableRow<'_, '_>, peer: &Peer, name: Option<&String>, is_below: bool) {
    row.col(|ui| {
        if is_below {
            ui.add_space(ROW + 8.0);
            ui.monospace(format!("port {}", peer.addr.port()));
            return;
        }
        client_name(ui, &peer.addr.to_string(), name.map(String::as_str));
    });
    row.col(|ui| {
        ui.label(peer.protocol.map_or(format::NONE, Protocol::name));
    });
    figure_cells(row, &peer.file, &clients::Sum::of(peer));
}

/// Draws the address, and the name before it.
fn client_name(ui: &mut Ui, addr: &str, name: Option<&str>) {
    match name {
        Some(name) => {
            let text = format!("{} · {addr}", visual(name));
            ui.add(Label::new(text).truncate());
        }
        None => {
            ui.monospace(addr);
        }
    }
}

fn figure_cells(row: &mut TableRow<'_, '_>, file: &str, sum: &clients::Sum) {
    row.col(|ui| {
        // A client may request any name.
        controls::truncated(ui, visual(&one_line(file)));
    });
    let flow = |figure: Option<u64>| {
        figure.map_or_else(|| format::NONE.to_owned(), |figure| figure.to_string())
    };
    for words in [
        format::size(sum.sent_bytes),
        format::rate(sum.bytes_per_sec as f64),
        flow(sum.cwnd),
        flow(sum.lost),
    ] {
        row.col(|ui| controls::number(ui, words));
    }
}
