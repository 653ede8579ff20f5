//! How a file comes: over how many connections, in which packets. The same for the form above the
//! list and for the window that adds several.

use eframe::egui::{ComboBox, DragValue, Response, Ui, vec2};
use lanes_shared::packet::{DEFAULT_PACKET_LEN, MAX_PACKET_LEN};
use lanes_shared::wire::Order;

use crate::engine::source::Source;
use crate::engine::{DownloadSnapshot, MAX_CONNECTIONS, Mode, Request};
use crate::lab::COUNTS;
use crate::ui::format;
use crate::ui::tokens::CONTROL;
use crate::ui::widgets::controls;

/// Packet sizes to choose from: the three of the exercise, and larger ones.
const PACKETS: [u32; 8] = [
    128,
    512,
    1024,
    4 << 10,
    16 << 10,
    DEFAULT_PACKET_LEN,
    1 << 20,
    MAX_PACKET_LEN,
];

/// How a file comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct How {
    pub mode: Mode,
    pub connections: u16,
    pub packet_len: u32,
    pub shuffled: bool,
}

impl How {
    /// Over this many connections, and otherwise as usual.
    pub fn new(connections: u16) -> Self {
        Self {
            mode: Mode::Parallel,
            connections,
            packet_len: DEFAULT_PACKET_LEN,
            shuffled: false,
        }
    }

    /// As a download came.
    pub fn like(download: &DownloadSnapshot) -> Self {
        Self {
            mode: download.mode,
            connections: download.asked,
            packet_len: download.packet_len,
            shuffled: download.order != Order::InOrder,
        }
    }

    /// A request for a file in this way.
    ///
    /// # Errors
    /// In words.
    pub fn request(&self, source: Source) -> Result<Request, String> {
        let request = Request {
            mode: self.mode,
            connections: self.mode.connections(self.connections),
            packet_len: self.packet_len,
            order: if self.shuffled && self.mode != Mode::Stream {
                Order::Shuffled(seed())
            } else {
                Order::InOrder
            },
            ..Request::new(source)
        };
        request.check()?;
        Ok(request)
    }

    /// In a few words: `parallel, 10 connections`.
    pub fn words(&self) -> String {
        let connections = self.mode.connections(self.connections);
        let words = format::count(connections.into(), "connection");
        format!("{}, {words}", self.mode.name())
    }

    /// The controls for mode and connections.
    pub fn lines_ui(&mut self, ui: &mut Ui) {
        self.mode_ui(ui);
        self.connections_ui(ui);
    }

    fn mode_ui(&mut self, ui: &mut Ui) {
        controls::group(ui, "Mode", |ui, _| {
            let modes = Mode::ALL.map(|mode| {
                let words = format::capital(mode.name());
                (mode, words.clone(), format!("{words} mode"))
            });
            controls::chips(ui, &mut self.mode, modes);
        });
    }

    fn connections_ui(&mut self, ui: &mut Ui) {
        ui.add_enabled_ui(self.mode == Mode::Parallel, |ui| {
            controls::group(ui, "Connections", |ui, label| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 4.0;
                    let counts =
                        COUNTS.map(|n| (n, n.to_string(), format::count(n.into(), "connection")));
                    controls::chips(ui, &mut self.connections, counts);
                    ui.add_sized(
                        vec2(48.0, CONTROL),
                        DragValue::new(&mut self.connections)
                            .range(1..=MAX_CONNECTIONS)
                            .speed(0.2),
                    )
                    .labelled_by(label)
                    .on_hover_text("Any number from 1 to 64: click to type, drag to change");
                });
            });
        });
    }

    /// The controls for packets.
    pub fn packets_ui(&mut self, ui: &mut Ui) {
        ui.add_enabled_ui(self.mode != Mode::Stream, |ui| {
            controls::group(ui, "Packet size", |ui, label| {
                packet_choice(ui, "packet-len", &mut self.packet_len).labelled_by(label);
            });
            controls::group(ui, "Order", |ui, _| {
                controls::checkbox(ui, &mut self.shuffled, "Shuffled").on_hover_text(
                    "The server sends the packets in random order; each has its place in the file",
                );
            });
        });
    }
}

/// A mode in one line.
pub(super) fn what_it_does(mode: Mode) -> &'static str {
    match mode {
        Mode::Stream => "Stream: one connection brings plain bytes in order",
        Mode::Packets => {
            "Packets: one connection brings numbered packets, which are put in their places"
        }
        Mode::Parallel => "Parallel: many connections share the numbered packets of one file",
    }
}

/// A list of packet sizes.
pub(crate) fn packet_choice(ui: &mut Ui, id: &str, packet_len: &mut u32) -> Response {
    ComboBox::from_id_salt(id)
        .width(96.0)
        .selected_text(format::round_size(u64::from(*packet_len)))
        .show_ui(ui, |ui| {
            for len in PACKETS {
                ui.selectable_value(packet_len, len, format::round_size(u64::from(len)));
            }
        })
        .response
}

/// A number that differs from call to call.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}
