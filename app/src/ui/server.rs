//! The Server screen: controls, link emulation and statistics of the local server.
//!
//! 1. Statistics are read once per frame by [`State::read_stats`]. The server wakes the window when
//!    a client connects or disconnects; while clients are connected the screen also refreshes twice
//!    per second.
//! 2. A selected or edited link is applied after a short pause, on a thread of its own: computing
//!    the model may take time.

pub(crate) mod address_view;
mod class;
mod clients;
mod command_snippets;
mod form;
mod graphs;
mod history;
mod live_link;
mod local_server;
mod log;
mod peers;
mod qr_code;

use std::net::SocketAddr;
use std::time::Duration;

use eframe::egui::{ScrollArea, Ui};
use lanes_server::Stats;

use self::address_view::AddressView;
use self::class::Class;
use self::form::Form;
use self::history::History;
use self::live_link::LiveLink;
pub(crate) use self::local_server::{LocalServer, StartRequest, set_link, start, stop, timeouts};
use self::log::Log;
use super::link::editor;
use super::message::Action;
use super::tokens;
use super::widgets::controls;
use lanes_engine::Snapshot;

/// Refresh interval while clients are connected.
const REFRESH: Duration = Duration::from_millis(500);

/// State of the screen.
pub(crate) struct State {
    /// Address and folder as typed.
    pub form: Form,
    /// The emulated link.
    pub link: LiveLink,
    /// The class.
    pub class: Class,
    /// The address in large letters.
    pub address: AddressView,
    /// The address at which this machine reaches the server, or did when it last ran.
    reached_at: SocketAddr,
    stats: Stats,
    history: History,
    log: Log,
    peers: peers::Toggled,
    snippet: command_snippets::SnippetChoice,
}

impl State {
    /// Creates the screen of a server that listens on `listen`.
    pub(crate) fn new(listen: SocketAddr) -> Self {
        Self {
            form: Form::new(listen),
            link: LiveLink::new(),
            class: Class::new(),
            address: AddressView::default(),
            reached_at: local_server::reachable(listen),
            stats: Stats::default(),
            history: History::default(),
            log: Log::default(),
            peers: peers::Toggled::default(),
            snippet: command_snippets::SnippetChoice::default(),
        }
    }

    /// Updates the server's address. Returns the previous and the new address for clients on this
    /// machine.
    pub(crate) fn set_address(&mut self, addr: SocketAddr) -> (SocketAddr, SocketAddr) {
        self.form.show(addr);
        let now = local_server::reachable(addr);
        (std::mem::replace(&mut self.reached_at, now), now)
    }

    /// Returns the address at which this machine reaches the server.
    pub(crate) fn reached_at(&self) -> SocketAddr {
        self.reached_at
    }

    /// Returns the server's address and the name of the link that it emulates, if it does.
    pub(crate) fn default_link(&self) -> Option<(SocketAddr, String)> {
        Some((self.reached_at, self.link.applied_name()?))
    }

    /// Returns the request that starts the server.
    ///
    /// # Errors
    /// Returns a message for the user if the address, port or link is invalid.
    pub(crate) fn start_request(&mut self) -> Result<StartRequest, String> {
        let mut request = self.form.start_request()?;
        request.config.link = self.link.start()?;
        request.config.results = self.class.for_server();
        self.history = History::default();
        self.log = Log::default();
        Ok(request)
    }

    /// Reads the server's statistics. Called once per frame.
    pub(crate) fn read_stats(&mut self, local: &LocalServer) {
        self.class.refresh();
        if let LocalServer::Running(server) = local {
            self.stats = server.stats();
            self.history.push(&self.stats);
            self.log.extend(server.log(self.log.last()));
        } else {
            self.stats = Stats::default();
        }
    }
}

/// State of the rest of the program that the screen shows.
pub(crate) struct ScreenContext<'a> {
    /// The local server.
    pub local_server: &'a LocalServer,
    /// The engine's state.
    pub snapshot: &'a Snapshot,
    /// A system file dialog is open.
    pub dialog_is_open: bool,
}

/// Draws the screen.
pub(crate) fn ui(
    ui: &mut Ui,
    state: &mut State,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    let local = context.local_server;
    let is_running = matches!(local, LocalServer::Running(_));
    let Stats {
        connections,
        bytes_per_sec,
        ..
    } = state.stats;
    if is_running && (connections > 0 || bytes_per_sec > 0) {
        // The server reports connections, but not transferred bytes.
        ui.ctx().request_repaint_after(REFRESH);
    }
    state.link.apply(ui.ctx(), is_running, actions);
    card(ui, |ui| {
        form::ui(ui, local, state, context.dialog_is_open, actions);
    });
    ScrollArea::vertical()
        .id_salt("server")
        .auto_shrink(false)
        .show(ui, |ui| {
            if state.link.form.is_edited {
                card(ui, |ui| editor::ui(ui, &mut state.link.form, actions));
            }
            card(ui, |ui| {
                let listen = match local {
                    LocalServer::Running(server) => Some(server.addr()),
                    _ => None,
                };
                class::ui(ui, &mut state.class, listen, state.stats.refused, actions);
            });
            if is_running {
                let addr = state.reached_at;
                card(ui, |ui| {
                    command_snippets::ui(ui, &mut state.snippet, addr, context.snapshot);
                });
                let link = state.link.applied_name();
                card(ui, |ui| {
                    graphs::ui(ui, &state.stats, &state.history, link.as_deref());
                });
                let names = state.class.names();
                card(ui, |ui| {
                    peers::ui(ui, &state.stats.peers, &names, &mut state.peers);
                });
            }
            if !state.log.is_empty() {
                card(ui, |ui| log::ui(ui, &state.log));
            } else if !is_running {
                ui.add_space(ui.available_height() * 0.2);
                ui.vertical_centered(|ui| {
                    ui.label(controls::big("Serve a folder over any network"));
                    ui.add_space(8.0);
                    ui.label("The local server works with Lanes, curl, aria2 and browsers,");
                    ui.label("at full speed or over an emulated slow, distant or lossy link");
                });
            }
        });
}

fn card(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        add(ui);
    });
}
