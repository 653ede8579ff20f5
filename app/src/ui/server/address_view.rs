//! The address of the local server in letters that can be read from the last row of a classroom, and as QR
//! code.
//!
//! The code is that of the HTTP address: a telephone opens it in its browser, and no telephone knows the
//! scheme `lanes:`. The large text is the address alone, which a student types into the field Server.

use std::net::{IpAddr, SocketAddr};

use eframe::egui::{
    Align, CentralPanel, FontId, Frame, Key, Label, Layout, Modifiers, RichText, Ui,
};
use lanes_os::interface::LanAddress;

use super::qr_code::qr_code;
use super::{LocalServer, State};
use crate::ui::message::{Action, ClassAction};
use crate::ui::tokens::{Palette, STEP};
use crate::ui::widgets::controls;

/// Size of the address in the widest letters, in points.
const MOST_LETTERS: f32 = 220.0;
/// Size of the lines below the address, as a share of the height of the window.
const LINE: f32 = 0.036;
/// Side of the QR code, as a share of the height of the window.
const CODE: f32 = 0.46;

/// State of the view.
#[derive(Default)]
pub(crate) struct AddressView {
    /// The view covers the window.
    pub is_open: bool,
    /// The addresses of this machine, or why they are not known; `None` until they are read.
    found: Option<Result<Vec<LanAddress>, String>>,
    /// The shown address.
    chosen: Option<IpAddr>,
}

impl AddressView {
    /// Updates the addresses of this machine.
    pub(crate) fn show(&mut self, found: Result<Vec<LanAddress>, String>) {
        self.found = Some(found);
    }

    /// Returns the addresses at which other machines reach a server that listens on `listen`.
    fn addresses(&self, listen: SocketAddr) -> Vec<LanAddress> {
        let ip = listen.ip();
        let found = match &self.found {
            Some(Ok(found)) => found.as_slice(),
            _ => &[],
        };
        let reaches = |one: &&LanAddress| match ip {
            IpAddr::V4(ip) if ip.is_unspecified() => one.ip.is_ipv4(),
            // On most systems, such a socket takes IPv4 as well.
            IpAddr::V6(ip) if ip.is_unspecified() => true,
            ip => one.ip == ip,
        };
        found.iter().filter(reaches).cloned().collect()
    }
}

/// Draws the view over the whole window. Returns whether it stays open.
pub(crate) fn ui(
    ui: &mut Ui,
    state: &mut State,
    local: &LocalServer,
    actions: &mut Vec<Action>,
) -> bool {
    let mut stays = !ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let frame = Frame::new().fill(Palette::of(ui).surface).inner_margin(24);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Address of this server").heading());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = controls::button(ui, "Close");
                stays &= !close.on_hover_text("Esc").clicked();
            });
        });
        match local {
            LocalServer::Running(server) => address_ui(ui, state, server.addr(), actions),
            LocalServer::Starting | LocalServer::Stopping => {
                message_ui(ui, &local.status(), |_| {});
            }
            LocalServer::Stopped | LocalServer::Failed(_) => {
                message_ui(ui, "The local server is stopped", |ui| {
                    if controls::primary(ui, "Start").clicked() {
                        actions.push(Action::StartServer);
                    }
                });
            }
        }
    });
    stays
}

fn address_ui(ui: &mut Ui, state: &mut State, listen: SocketAddr, actions: &mut Vec<Action>) {
    if listen.ip().to_canonical().is_loopback() {
        loopback_ui(ui, listen, actions);
        return;
    }
    let addresses = state.address.addresses(listen);
    let chosen = state.address.chosen;
    let shown = addresses
        .iter()
        .find(|one| Some(one.ip) == chosen)
        .or(addresses.first());
    let Some(shown) = shown.map(|one| one.ip) else {
        let words = match &state.address.found {
            None => "Looking for the addresses of this machine".to_owned(),
            Some(Err(error)) => format!("The addresses of this machine are not known: {error}"),
            Some(Ok(_)) => "This machine is connected to no network".to_owned(),
        };
        message_ui(ui, &words, |_| {});
        return;
    };
    let addr = SocketAddr::new(shown, listen.port());
    ui.add_space(ui.available_height() * 0.03);
    large_ui(ui, &addr.to_string());
    ui.add_space(ui.available_height() * 0.05);
    below_ui(ui, state, addr);
    if addresses.len() > 1 {
        ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
            choice_ui(ui, state, shown, &addresses);
        });
    }
}

/// Draws the address as large as the window is wide.
fn large_ui(ui: &mut Ui, address: &str) {
    let probe = 100.0;
    let colour = Palette::of(ui).text;
    let galley = ui
        .painter()
        .layout_no_wrap(address.to_owned(), FontId::monospace(probe), colour);
    let fit = probe * ui.available_width() / galley.size().x.max(1.0);
    let size = fit.min(ui.available_height() * 0.4).min(MOST_LETTERS);
    ui.vertical_centered(|ui| {
        let text = RichText::new(address).font(FontId::monospace(size.floor()));
        ui.add(Label::new(text).extend());
    });
}

/// Draws the QR code, and beside it what to do with the address.
fn below_ui(ui: &mut Ui, state: &State, addr: SocketAddr) {
    let height = ui.ctx().content_rect().height();
    let (side, size) = (height * CODE, (height * LINE).max(16.0));
    let http = format!("http://{addr}/");
    ui.horizontal_top(|ui| {
        ui.add_space(ui.available_width() * 0.04);
        qr_code(ui, &http, side.floor());
        ui.add_space(4.0 * STEP);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = size * 0.35;
            let weak = Palette::of(ui).weak;
            let mut step = |what: &str, text: String| {
                ui.label(RichText::new(what).size(size * 0.8).color(weak));
                let text = RichText::new(text).size(size).strong();
                ui.add(Label::new(text).wrap());
            };
            step("In Lanes, in the field Server", addr.to_string());
            step("In a browser, or on a phone", http.clone());
            step("In a terminal", format!("lanes list lanes://{addr}"));
            if state.class.is_collecting() {
                let words = "Compare › Class… › Send results".to_owned();
                step("Results are collected", words);
            }
        });
    });
}

/// Draws the choice between the addresses of this machine.
fn choice_ui(ui: &mut Ui, state: &mut State, shown: IpAddr, addresses: &[LanAddress]) {
    ui.horizontal_wrapped(|ui| {
        ui.label(controls::small(ui, "Other addresses of this machine:"));
        for one in addresses {
            let words = format!("{} ({})", one.ip, one.interface);
            let name = format!("Show {words}");
            if controls::chip(ui, one.ip == shown, &words, &name).clicked() {
                state.address.chosen = Some(one.ip);
            }
        }
    });
}

/// Draws the warning that the server cannot be reached, and the button that changes it.
fn loopback_ui(ui: &mut Ui, listen: SocketAddr, actions: &mut Vec<Action>) {
    let words = format!("The server listens on {listen}: no other machine can reach it");
    message_ui(ui, &words, |ui| {
        if controls::primary_of(ui, "Listen on the local network", 240.0).clicked() {
            actions.push(Action::Class(ClassAction::ListenOnNetworks));
        }
        ui.add_space(STEP);
        let words = "Then anyone on the networks of this machine can download its files: no password, no encryption. Connected clients are disconnected once";
        ui.add(Label::new(controls::small(ui, words)).wrap());
    });
}

fn message_ui(ui: &mut Ui, words: &str, add: impl FnOnce(&mut Ui)) {
    ui.add_space(ui.available_height() * 0.3);
    ui.vertical_centered(|ui| {
        ui.add(Label::new(controls::big(words)).wrap());
        ui.add_space(2.0 * STEP);
        add(ui);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_that_the_server_listens_on() {
        let one = |ip: &str| LanAddress {
            interface: "eth0".to_owned(),
            ip: ip.parse().unwrap(),
        };
        let mut view = AddressView::default();
        let all = |view: &AddressView, listen: &str| {
            let all = view.addresses(listen.parse().unwrap());
            all.into_iter()
                .map(|one| one.ip.to_string())
                .collect::<Vec<_>>()
        };
        assert!(all(&view, "0.0.0.0:1").is_empty());
        view.show(Ok(vec![
            one("192.168.1.7"),
            one("10.0.0.1"),
            one("2001:db8::1"),
        ]));
        assert_eq!(all(&view, "0.0.0.0:1"), ["192.168.1.7", "10.0.0.1"]);
        assert_eq!(all(&view, "[::]:1").len(), 3);
        assert_eq!(all(&view, "10.0.0.1:1"), ["10.0.0.1"]);
        assert!(all(&view, "10.9.9.9:1").is_empty());
    }
}
