//! The address, folder and link of the server, and the button that starts and stops it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use eframe::egui::{Align, Label, Layout, RichText, Sense, Ui, vec2};
use lanes_server::Config;

use super::{LocalServer, StartRequest, State, timeouts};
use crate::ui::link::picker;
use crate::ui::message::{Action, Purpose};
use crate::ui::tokens::{CONTROL, Palette, STEP};
use crate::ui::widgets::controls;

/// Opacity of the button while the server starts or stops.
const FADED: f32 = 0.5;
/// Width of the address field.
const ADDRESS: f32 = 144.0;
/// Width of the port field.
const PORT: f32 = 72.0;
/// Width of the button that opens the folder dialog.
const CHOOSE: f32 = 88.0;

/// The fields as typed.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// The listen address.
    address: String,
    /// The port.
    port: String,
    /// The folder to serve; empty for the built-in pictures.
    pub folder: String,
    /// Capture the packets of emulated links.
    pub captures: bool,
}

impl Form {
    /// Creates a form for this address.
    pub(super) fn new(listen: SocketAddr) -> Self {
        let mut form = Self {
            address: String::new(),
            port: String::new(),
            folder: String::new(),
            captures: false,
        };
        form.show(listen);
        form
    }

    /// Shows the address that the server listens on.
    pub(super) fn show(&mut self, listen: SocketAddr) {
        self.address = listen.ip().to_string();
        self.port = listen.port().to_string();
    }

    /// Parses the listen address.
    fn listen(&self) -> Result<SocketAddr, String> {
        let port = self.port.trim();
        let port = port.parse().map_err(|_| {
            format!("\"{port}\" is not a port: enter 1 to 65535, or 0 for any free port")
        })?;
        Ok(SocketAddr::new(self.ip()?, port))
    }

    fn ip(&self) -> Result<IpAddr, String> {
        let typed = self.address.trim();
        if typed.eq_ignore_ascii_case("localhost") {
            return Ok(Ipv4Addr::LOCALHOST.into());
        }
        let bare = typed.trim_matches(['[', ']']);
        bare.parse().map_err(|_| {
            format!(
                "\"{typed}\" is not an address: enter 127.0.0.1 for this machine only, 0.0.0.0 for its \
                 networks"
            )
        })
    }

    /// Returns a warning if the server can be reached from other machines.
    fn warning(&self) -> Option<&'static str> {
        let ip = self.ip().ok().filter(|ip| !ip.is_loopback())?;
        Some(if ip.is_unspecified() {
            "Anyone on any network of this machine can download these files: no password, no \
             encryption"
        } else {
            "Anyone who can reach this address can download these files: no password, no \
             encryption"
        })
    }

    /// Returns the request that starts the server, without a link.
    ///
    /// # Errors
    /// Returns a message for the user if the address or port is invalid.
    pub(super) fn start_request(&self) -> Result<StartRequest, String> {
        let folder = self.folder.trim();
        Ok(StartRequest {
            config: Config {
                root: (!folder.is_empty()).then(|| PathBuf::from(folder)),
                listen: self.listen()?,
                timeouts: timeouts(),
                ..Config::default()
            },
            any_port: false,
            capture_in: None,
        })
    }
}

/// Draws the first card of the screen.
pub(super) fn ui(
    ui: &mut Ui,
    local: &LocalServer,
    state: &mut State,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    state_ui(ui, local, actions);
    let is_changeable = matches!(local, LocalServer::Stopped | LocalServer::Failed(_));
    let State { form, link, .. } = state;
    ui.horizontal(|ui| {
        ui.add_enabled_ui(is_changeable, |ui| {
            fields_ui(ui, form, dialog_is_open, actions);
        });
        picker::ui(ui, &mut link.form);
    });
    ui.horizontal(|ui| {
        // One line of text, or the checkbox.
        ui.set_height(if is_changeable { CONTROL } else { 2.0 * STEP });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            picker::line_ui(ui, &link.form);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if is_changeable {
                    controls::checkbox(ui, &mut form.captures, "Capture packets for Wireshark")
                        .on_hover_text(
                            "Writes what emulated links carry as pcapng to the download folder, \
                             each session when it ends",
                        );
                } else {
                    let words = "Stop the server to change its address, folder or capture";
                    ui.label(controls::small(ui, words));
                }
            });
        });
    });
    if let Some(words) = form.warning() {
        let words = RichText::new(words).color(Palette::of(ui).warn);
        ui.add(Label::new(words).wrap());
    }
}

fn state_ui(ui: &mut Ui, local: &LocalServer, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui);
    let (colour, words) = match local {
        LocalServer::Stopped => (palette.weak, "Stopped".to_owned()),
        LocalServer::Starting => (palette.warn, "Starting".to_owned()),
        LocalServer::Running(server) => (palette.good, format!("Running on {}", server.addr())),
        LocalServer::Stopping => (palette.warn, "Stopping".to_owned()),
        LocalServer::Failed(_) => (palette.bad, "Failed".to_owned()),
    };
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 5.0, colour);
        ui.label(RichText::new(words).heading());
        ui.add_space(STEP);
        switch_ui(ui, local, actions);
    });
    if let LocalServer::Failed(words) = local {
        ui.add(Label::new(RichText::new(words).color(palette.bad)).wrap());
    }
}

/// Draws the button that starts or stops the server. It stays in place while the server starts or
/// stops, so that the keyboard focus is not lost, but has no effect.
fn switch_ui(ui: &mut Ui, local: &LocalServer, actions: &mut Vec<Action>) {
    let is_busy = matches!(local, LocalServer::Starting | LocalServer::Stopping);
    let clicked = ui
        .scope(|ui| {
            if is_busy {
                ui.multiply_opacity(FADED);
            }
            match local {
                // Same size and nesting as the other button, so that both have the same widget id.
                LocalServer::Running(_) | LocalServer::Starting => {
                    controls::wide_button(ui, "Stop", controls::PRIMARY, true).clicked()
                }
                _ => controls::primary(ui, "Start").clicked(),
            }
        })
        .inner;
    match local {
        LocalServer::Running(_) if clicked => actions.push(Action::StopServer),
        LocalServer::Stopped | LocalServer::Failed(_) if clicked => {
            actions.push(Action::StartServer);
        }
        _ => {}
    }
}

fn fields_ui(ui: &mut Ui, form: &mut Form, dialog_is_open: bool, actions: &mut Vec<Action>) {
    controls::group(ui, "Address", |ui, label| {
        let field = controls::field(ui, &mut form.address, label, "127.0.0.1", ADDRESS);
        field.on_hover_text("127.0.0.1: this machine only; 0.0.0.0: all its networks");
    });
    controls::group(ui, "Port", |ui, label| {
        controls::field(ui, &mut form.port, label, "5115", PORT);
    });
    let width = ui.available_width() - picker::WIDTH - CHOOSE - 2.0 * STEP;
    controls::group(ui, "Folder", |ui, label| {
        ui.horizontal(|ui| {
            let hint = "built-in sample pictures";
            controls::field(ui, &mut form.folder, label, hint, width);
            if controls::wide_button(ui, "Choose…", CHOOSE, !dialog_is_open).clicked() {
                actions.push(Action::OpenDialog(Purpose::ServerFolder));
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(address: &str, port: &str) -> Form {
        Form {
            address: address.to_owned(),
            port: port.to_owned(),
            folder: String::new(),
            captures: false,
        }
    }

    #[test]
    fn addresses_are_parsed_leniently() {
        let listen = |address, port| {
            let request = form(address, port).start_request();
            request.map(|request| request.config.listen.to_string())
        };
        assert_eq!(listen(" localhost ", " 7 "), Ok("127.0.0.1:7".to_owned()));
        assert_eq!(listen("[::1]", "7"), Ok("[::1]:7".to_owned()));
        assert!(listen("here", "7").unwrap_err().contains("not an address"));
        assert!(listen("::1", "70000").unwrap_err().contains("not a port"));
    }

    #[test]
    fn a_non_loopback_address_has_a_warning() {
        for near in ["127.0.0.1", "localhost", "::1", "127.9.9.9", "nonsense"] {
            assert_eq!(form(near, "1").warning(), None, "{near}");
        }
        assert!(
            form("0.0.0.0", "1")
                .warning()
                .unwrap()
                .contains("any network")
        );
        assert!(form("192.168.1.2", "1").warning().is_some());
    }
}
