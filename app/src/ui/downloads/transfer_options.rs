//! Transfer options: mode, connections, packets and speed limit. Shared by the form and the Add
//! dialog.

use eframe::egui::{ComboBox, Response, Ui};
use lanes_shared::link::LinkProfile;
use lanes_shared::link::presets;
use lanes_shared::packet::{DEFAULT_PACKET_LEN, MAX_PACKET_LEN};
use lanes_shared::wire::Order;

use crate::lab::report::label;
use crate::ui::format;
use crate::ui::widgets::count::Count;
use crate::ui::widgets::{controls, interfaces, rate_limit};
use lanes_engine::{DownloadSnapshot, DownloadSpec, HttpOptions, Mode};

/// Selectable packet sizes in bytes.
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

/// The transfer options of a download.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TransferOptions {
    pub mode: Mode,
    pub count: Count,
    pub packet_len: u32,
    pub shuffled: bool,
    /// The speed limit as typed.
    pub limit: String,
    /// The link that a Lanes server emulates; `None` leaves it to the server.
    pub link: Option<LinkProfile>,
    /// The network interfaces as typed.
    pub interfaces: String,
}

impl TransferOptions {
    /// Creates default options with this number of connections.
    pub fn new(count: Count) -> Self {
        Self {
            mode: Mode::Parallel,
            count,
            packet_len: DEFAULT_PACKET_LEN,
            shuffled: false,
            limit: String::new(),
            link: None,
            interfaces: String::new(),
        }
    }

    /// Copies the options of a download.
    pub fn from_download(download: &DownloadSnapshot) -> Self {
        Self {
            mode: download.mode,
            count: download.auto_limit.map_or_else(
                || Count::exactly(download.target_connections),
                Count::at_most,
            ),
            packet_len: download.packet_len,
            shuffled: download.order != Order::InOrder,
            limit: download
                .rate_limit
                .map_or_else(String::new, rate_limit::typed),
            link: download.link.clone(),
            interfaces: {
                let names: Vec<&str> = download.ways.iter().map(|way| &*way.name).collect();
                names.join(", ")
            },
        }
    }

    /// Applies the options to a request.
    ///
    /// # Errors
    /// Returns a message for the user if the speed limit or the resulting request is invalid.
    pub fn apply_to(&self, request: DownloadSpec) -> Result<DownloadSpec, String> {
        let ways = interfaces::parse(&self.interfaces)?;
        let request = DownloadSpec {
            mode: self.mode,
            connections: self.mode.connections(self.count.number()),
            auto: self.count.auto && self.mode == Mode::Parallel,
            rate_limit: rate_limit::parse(&self.limit)?,
            packet_len: self.packet_len,
            order: if self.shuffled && self.mode != Mode::Stream {
                Order::Shuffled(seed())
            } else {
                Order::InOrder
            },
            ..request
        };
        // Only a Lanes server emulates links.
        let link = self.link.clone();
        let http = HttpOptions {
            ways,
            ..request.http.clone()
        };
        let request = DownloadSpec {
            http,
            link: link.filter(|_| request.source.lanes_server().is_some()),
            ..request
        };
        request.check().map_err(|error| error.to_string())?;
        Ok(request)
    }

    /// Summarises mode and connections: `parallel, 10 connections`.
    pub fn summary(&self) -> String {
        let words = match self.mode {
            Mode::Parallel => self.count.label(),
            Mode::Stream | Mode::Packets => "1 connection".to_owned(),
        };
        format!("{}, {words}", self.mode.name())
    }

    /// Draws the controls for mode and connections.
    pub fn mode_and_count_ui(&mut self, ui: &mut Ui) {
        self.mode_ui(ui);
        self.connections_ui(ui);
    }

    fn mode_ui(&mut self, ui: &mut Ui) {
        controls::group(ui, "Mode", |ui, _| {
            let modes = Mode::ALL.map(|mode| {
                let words = format::capital(mode.name());
                (mode, words.clone(), format!("{words} mode"))
            });
            ui.scope(|ui| controls::chips(ui, &mut self.mode, modes))
                .response
                .on_hover_text(mode_description(self.mode));
        });
    }

    fn connections_ui(&mut self, ui: &mut Ui) {
        ui.add_enabled_ui(self.mode == Mode::Parallel, |ui| self.count.ui(ui));
    }

    /// Draws the list of links that the server of the file can emulate.
    pub fn link_ui(&mut self, ui: &mut Ui, width: f32) {
        let own = "Server's own link";
        controls::group(ui, "Link", |ui, label| {
            let list = ComboBox::from_id_salt("download-link")
                .width(width)
                .height(400.0)
                .truncate()
                .selected_text(self.link.as_ref().map_or(own.to_owned(), label::link))
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut self.link, None, own);
                    // The slow motion first: it is for watching.
                    let others = presets::all().filter(|preset| **preset != presets::SLOW_MOTION);
                    for preset in std::iter::once(&presets::SLOW_MOTION).chain(others) {
                        let profile = Some(preset.profile());
                        ui.selectable_value(&mut self.link, profile, preset.name)
                            .on_hover_text(preset.teaches);
                    }
                });
            list.response
                .labelled_by(label)
                .on_hover_text("Slow motion: the server sends over an emulated link");
        });
    }

    /// Draws the controls for packet size and order.
    pub fn packets_ui(&mut self, ui: &mut Ui) {
        ui.add_enabled_ui(self.mode != Mode::Stream, |ui| {
            controls::group(ui, "Packet size", |ui, label| {
                packet_choice(ui, "packet-len", &mut self.packet_len).labelled_by(label);
            });
            controls::group(ui, "Order", |ui, _| {
                controls::checkbox(ui, &mut self.shuffled, "Shuffled")
                    .on_hover_text("The server sends the packets in random order");
            });
        });
    }
}

/// Describes a mode in one line.
pub(super) fn mode_description(mode: Mode) -> &'static str {
    match mode {
        Mode::Stream => "Stream: one connection, plain bytes in order",
        Mode::Packets => {
            "Packets: one connection, numbered packets, each written at its own offset"
        }
        Mode::Parallel => "Parallel: many connections share the numbered packets of one file",
    }
}

/// Draws a list of packet sizes.
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

/// Returns a random seed.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use lanes_engine::DownloadId;

    #[test]
    fn an_edited_download_keeps_its_link_unless_it_comes_from_a_web_server() {
        let link = LinkProfile::from_toml("rtt_ms = 7").unwrap();
        let spec = |source: &str| DownloadSpec::new(source.parse().unwrap());
        let over_link = DownloadSpec {
            link: Some(link.clone()),
            ..spec("lanes://h:1/a")
        };
        let download =
            DownloadSnapshot::requested(DownloadId(1), &over_link, SystemTime::UNIX_EPOCH);
        let options = TransferOptions::from_download(&download);
        let after = |source| options.apply_to(spec(source)).unwrap().link;
        assert_eq!(after("lanes://h:1/b"), Some(link));
        assert_eq!(after("https://h/b"), None);
    }
}
