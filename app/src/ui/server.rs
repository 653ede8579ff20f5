//! The server that runs inside the program, and its screen.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use eframe::egui::{Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder};
use lanes_server::{Config, Patience, Peer, Server, ServerError, Stats};
use lanes_shared::size;

use super::app::Action;
use super::background::{Answer, Purpose};
use super::format;
use super::tokens::{self, Palette};
use super::widgets::controls;

/// How often the figures are read anew while somebody is connected.
const REFRESH: Duration = Duration::from_millis(500);

/// How long the local server waits for whom: a window that is closed waits for no stranger's
/// transfer.
pub(crate) fn patience() -> Patience {
    Patience {
        stop: Duration::from_millis(300),
        ..Patience::default()
    }
}

/// How the server is to be started.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// Where and what.
    pub config: Config,
    /// Whether another port will do when this one is taken.
    pub any_port: bool,
}

/// Starts the server. Runs in a thread of its own.
pub(crate) fn start(wish: Wish) -> Answer {
    let wanted = wish.config.listen;
    match Server::start(wish.config.clone()) {
        Ok(server) => Answer::ServerStarted(Box::new(server), None),
        Err(ServerError::AddrInUse(_)) if wish.any_port => {
            let listen = SocketAddr::new(wanted.ip(), 0);
            let remark = format!(
                "Port {} is taken, so the local server uses another",
                wanted.port()
            );
            match Server::start(Config {
                listen,
                ..wish.config
            }) {
                Ok(server) => Answer::ServerStarted(Box::new(server), Some(remark)),
                Err(error) => Answer::ServerFailed(error.to_string()),
            }
        }
        Err(error) => Answer::ServerFailed(error.to_string()),
    }
}

/// Stops the server and waits for its threads. Runs in a thread of its own.
pub(crate) fn stop(server: Server) {
    server.stop();
}

/// Whether the server runs.
#[derive(Default)]
pub(crate) enum Local {
    /// It does not.
    #[default]
    Stopped,
    /// It is being started.
    Starting,
    /// It runs.
    Running(Box<Server>),
    /// It is being stopped.
    Stopping,
    /// It could not be started, and why.
    Failed(String),
}

impl Local {
    /// Its state in words, for the status line.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Stopped => "local server stopped".to_owned(),
            Self::Starting => "local server starting".to_owned(),
            Self::Running(server) => format!("local server on {}", server.addr()),
            Self::Stopping => "local server stopping".to_owned(),
            Self::Failed(_) => "local server failed to start".to_owned(),
        }
    }
}

/// What was typed on the screen.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// Where to listen.
    pub listen: String,
    /// The folder to serve; empty for the bundled pictures.
    pub folder: String,
}

impl Form {
    /// A form that says `listen`.
    pub(crate) fn new(listen: SocketAddr) -> Self {
        Self {
            listen: listen.to_string(),
            folder: String::new(),
        }
    }

    /// How the server is to be started.
    ///
    /// # Errors
    /// In words.
    pub(crate) fn wish(&self) -> Result<Wish, String> {
        let typed = self.listen.trim();
        let listen = typed
            .parse()
            .or_else(|_| {
                typed
                    .parse()
                    .map(|port: u16| (Ipv4Addr::LOCALHOST, port).into())
            })
            .map_err(|_| format!("`{typed}` is no address: write one like 127.0.0.1:5115"))?;
        let folder = self.folder.trim();
        Ok(Wish {
            config: Config {
                root: (!folder.is_empty()).then(|| PathBuf::from(folder)),
                listen,
                patience: patience(),
                ..Config::default()
            },
            any_port: false,
        })
    }
}

/// The screen.
pub(crate) fn ui(
    ui: &mut Ui,
    local: &Local,
    form: &mut Form,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    ui.heading("Local server");
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        state_ui(ui, local, actions);
        ui.add_space(8.0);
        form_ui(ui, local, form, dialog_is_open, actions);
    });
    if let Local::Running(server) = local {
        let stats = server.stats();
        let addr = server.addr();
        if stats.connections > 0 {
            // Bytes flow without a word. Who comes and goes is told.
            ui.ctx().request_repaint_after(REFRESH);
        }
        tokens::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label("Try it from a terminal");
            for command in [
                format!("lanes get lanes://{addr}/Data.jpg"),
                format!("lanes compare lanes://{addr}/Data.jpg"),
            ] {
                command_ui(ui, &command);
            }
        });
        tokens::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            stats_ui(ui, &stats);
            ui.add_space(8.0);
            peers_ui(ui, &stats.peers);
        });
    }
}

fn state_ui(ui: &mut Ui, local: &Local, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui);
    let (colour, words) = match local {
        Local::Stopped => (palette.weak, "Stopped".to_owned()),
        Local::Starting => (palette.warn, "Starting".to_owned()),
        Local::Running(server) => (palette.good, format!("Running on {}", server.addr())),
        Local::Stopping => (palette.warn, "Stopping".to_owned()),
        Local::Failed(_) => (palette.bad, "Failed".to_owned()),
    };
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 5.0, colour);
        ui.label(eframe::egui::RichText::new(words).heading());
        ui.add_space(8.0);
        match local {
            Local::Running(_) => {
                if controls::button(ui, "Stop").clicked() {
                    actions.push(Action::StopServer);
                }
            }
            Local::Stopped | Local::Failed(_) => {
                if controls::primary(ui, "Start").clicked() {
                    actions.push(Action::StartServer);
                }
            }
            Local::Starting | Local::Stopping => {}
        }
    });
    if let Local::Failed(words) = local {
        ui.colored_label(palette.bad, words);
    }
}

fn form_ui(
    ui: &mut Ui,
    local: &Local,
    form: &mut Form,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    let changeable = matches!(local, Local::Stopped | Local::Failed(_));
    ui.add_enabled_ui(changeable, |ui| {
        ui.horizontal(|ui| {
            controls::group(ui, "Address", |ui, label| {
                controls::field(ui, &mut form.listen, label, "127.0.0.1:5115", 184.0);
            });
            controls::group(ui, "Folder", |ui, label| {
                ui.horizontal(|ui| {
                    let width = (ui.available_width() - 112.0).min(480.0);
                    let hint = "the pictures that come with Lanes";
                    controls::field(ui, &mut form.folder, label, hint, width);
                    if controls::button_if(ui, "Choose…", !dialog_is_open).clicked() {
                        actions.push(Action::Ask(Purpose::ServerFolder));
                    }
                });
            });
        });
    });
    if !changeable {
        ui.label(controls::small(
            ui,
            "Stop the server to change its address or folder",
        ));
    }
}

fn command_ui(ui: &mut Ui, command: &str) {
    ui.horizontal(|ui| {
        if controls::button(ui, "Copy")
            .on_hover_text(format!("Copy “{command}”"))
            .clicked()
        {
            ui.copy_text(command.to_owned());
        }
        ui.monospace(command);
    });
}

fn stats_ui(ui: &mut Ui, stats: &Stats) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 40.0;
        for (words, value) in [
            (
                "Connections",
                format!("{} of {}", stats.connections, stats.max_connections),
            ),
            ("Sent", size::si(stats.sent_bytes)),
            ("Served since the start", stats.accepted.to_string()),
            ("Turned away", stats.refused.to_string()),
        ] {
            controls::group(ui, words, |ui, _| {
                ui.label(eframe::egui::RichText::new(value).heading())
            });
        }
    });
}

fn peers_ui(ui: &mut Ui, peers: &[Peer]) {
    if peers.is_empty() {
        ui.label(controls::small(ui, "Nobody is connected"));
        return;
    }
    TableBuilder::new(ui)
        .id_salt("peers")
        .auto_shrink([false, false])
        .column(Column::exact(184.0))
        .column(Column::remainder().clip(true))
        .column(Column::exact(96.0))
        .column(Column::exact(96.0))
        .header(tokens::ROW, |mut row| {
            for (words, right) in [
                ("Peer", false),
                ("File", false),
                ("Sent", true),
                ("For", true),
            ] {
                row.col(|ui| controls::head(ui, words, right));
            }
        })
        .body(|body| {
            body.rows(tokens::ROW, peers.len(), |mut row| {
                let Some(peer) = peers.get(row.index()) else {
                    return;
                };
                row.col(|ui| {
                    ui.monospace(peer.addr.to_string());
                });
                row.col(|ui| {
                    controls::truncated(ui, peer.file.as_str());
                });
                row.col(|ui| controls::number(ui, size::si(peer.sent_bytes)));
                row.col(|ui| controls::number(ui, format::time(peer.age)));
            });
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_means_this_machine() {
        let listen = |text: &str| {
            let form = Form {
                listen: text.to_owned(),
                folder: String::new(),
            };
            form.wish().map(|wish| wish.config.listen.to_string())
        };
        assert_eq!(listen(" 7 "), Ok("127.0.0.1:7".to_owned()));
        assert_eq!(listen("[::1]:7"), Ok("[::1]:7".to_owned()));
        assert!(listen("here").is_err());
    }
}
