//! The application: its state, its update step and the panels around the screens.

mod chrome;
mod class_control;
mod closing;
mod dispatch;
mod drop;
mod experiment_store;
mod frame;
mod handed_links;
mod help;
mod interface_control;
mod job_results;
mod keys;
mod known_links;
mod lesson_control;
mod list_control;
mod list_files;
mod notifications;
mod race_control;
mod repaint_throttle;
mod save_locations;
mod schedule_control;
mod screen;
mod server_control;
mod speed_limit_menu;
mod state_diff;
mod title;
mod toasts;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;

use crossbeam_channel::Sender;
use eframe::egui;
use lanes_server::Config;
use lanes_shared::DEFAULT_PORT;

use super::background::Background;
use super::desktop_notifications::{DesktopNotifications, Notification};
use super::message::Note;
use super::sample_picture::SamplePicture;
use super::settings::Settings;
use super::{
    compare, downloads, lessons, other_programs, race, schedule, server, settings, tokens,
};
use crate::instance::Listener;
use crate::lab::Lab;
use crate::lab::store::experiment_store::ExperimentStore;
use crate::power::AwakeSwitch;
use crate::rpc::window::WakeSlot;
use closing::Closing;
use lanes_engine::{Command, DownloadId, Engine, Limits, Snapshot, Waker};
use repaint_throttle::RepaintThrottle;
use save_locations::SaveLocations;
use screen::Screen;
use state_diff::StateDiff;

/// Options for starting the window.
#[derive(Debug, Clone)]
pub struct Options {
    /// Starts the local server with the program; the user's settings can still disable it.
    pub start_server: bool,
    /// Address that the local server listens on.
    pub listen: SocketAddr,
    /// Default download folder before any setting; `None` is the Desktop.
    pub folder: Option<PathBuf>,
    /// Folder of saved experiments; `None` saves none.
    pub experiments: Option<PathBuf>,
    /// File that stores the results of a class; `None` keeps them in memory.
    pub class: Option<PathBuf>,
    /// File that stores the download list between starts; `None` stores none.
    pub history: Option<PathBuf>,
    /// The stored settings.
    pub stored: Option<String>,
    /// The stored link of the Compare screen.
    pub link: Option<String>,
    /// A message to show at the start.
    pub remark: Option<String>,
    /// Links to show in the Add dialog at the start.
    pub links: Vec<String>,
    /// Starts minimized.
    pub is_minimized: bool,
    /// Folder by which further programs find this window and hand it their links; `None` finds it never.
    pub instance: Option<PathBuf>,
    /// Receives the notifications instead of the desktop.
    pub notifications: Option<Sender<Notification>>,
    /// Receives `Sleep` or `ShutDown` instead of the machine.
    pub machine: Option<Sender<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            start_server: true,
            listen: (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into(),
            folder: None,
            experiments: None,
            class: None,
            history: None,
            stored: None,
            link: None,
            remark: None,
            links: Vec::new(),
            is_minimized: false,
            instance: None,
            notifications: None,
            machine: None,
        }
    }
}

/// The program behind the window.
///
/// Field order is drop order: downloads stop before the server that they download from.
pub struct LanesApp {
    lab: Option<Lab>,
    race: race::State,
    /// Before the engine that it uses.
    interface: other_programs::State,
    engine: Option<Arc<Engine>>,
    local_server: server::LocalServer,
    /// Address that the local server listens on, or will when it starts.
    listen: SocketAddr,
    /// Address that the local server restarts on after it has stopped.
    next_listen: Option<SocketAddr>,
    desktop_notifications: DesktopNotifications,
    background: Background,
    repaint: RepaintThrottle,
    snapshot: Snapshot,
    screen: Screen,
    downloads: downloads::State,
    compare: compare::State,
    lessons: lessons::State,
    experiment_store: Option<ExperimentStore>,
    /// File that stores the results of a class.
    class_file: Option<PathBuf>,
    server: server::State,
    settings: Settings,
    applied: Option<Settings>,
    save_locations: SaveLocations,
    state_diff: StateDiff,
    /// Downloads that stay paused when they are changed.
    stay_paused: BTreeSet<DownloadId>,
    /// New downloads that do not start before they are resumed.
    add_paused: BTreeSet<DownloadId>,
    /// Takes the links of programs that are started later.
    instance: Option<Listener>,
    schedule: schedule::State,
    awake: AwakeSwitch,
    /// Limits that the engine has.
    applied_limits: Option<Limits>,
    /// Commands after downloads that run.
    programs: Vec<(String, Child)>,
    /// Receives what would happen to the machine, instead of the machine.
    machine_sink: Option<Sender<String>>,
    /// Through which the engine wakes the interface.
    wake_slot: WakeSlot,
    /// Folder to which other programs may save.
    interface_root: Option<PathBuf>,
    notes: Vec<Note>,
    closing: Closing,
    /// Title of the window.
    title: String,
    shows_help: bool,
    sample: SamplePicture,
    /// The race has been offered since the program started.
    race_was_offered: bool,
}

impl LanesApp {
    /// Starts the program. Needs no window: it draws through `ctx` alone.
    pub fn new(ctx: &egui::Context, options: Options) -> Self {
        tokens::apply(ctx);
        let repaint = RepaintThrottle::new(ctx);
        let (settings, is_broken) = Settings::read(options.stored.as_deref());
        let mut listen = options.listen;
        listen.set_port(settings.port.unwrap_or(listen.port()));
        let address = listen.to_string();
        let mut app = Self {
            lab: None,
            race: race::State::default(),
            interface: other_programs::State::default(),
            engine: None,
            local_server: server::LocalServer::default(),
            listen,
            next_listen: None,
            desktop_notifications: DesktopNotifications::new(options.notifications),
            background: Background::new(repaint.waker()),
            snapshot: Snapshot::default(),
            screen: Screen::Downloads,
            downloads: downloads::State::new(address.clone(), settings.count),
            compare: compare::State::new(address),
            lessons: lessons::State::new(),
            experiment_store: options.experiments.map(ExperimentStore::new),
            class_file: options.class,
            server: server::State::new(listen),
            settings,
            applied: None,
            save_locations: SaveLocations::new(options.folder),
            state_diff: StateDiff::default(),
            stay_paused: BTreeSet::new(),
            add_paused: BTreeSet::new(),
            instance: None,
            schedule: schedule::State::default(),
            awake: AwakeSwitch::default(),
            applied_limits: None,
            programs: Vec::new(),
            machine_sink: options.machine,
            wake_slot: WakeSlot::default(),
            interface_root: None,
            notes: Vec::new(),
            closing: Closing::default(),
            title: String::new(),
            shows_help: false,
            sample: SamplePicture::default(),
            race_was_offered: false,
            repaint,
        };
        app.downloads.set_rows_height(app.settings.list_height);
        app.compare.class.name.clone_from(&app.settings.class_name);
        app.compare
            .form
            .link
            .restore(options.link.as_deref().unwrap_or_default());
        if is_broken {
            let words = "The settings could not be read; the defaults are used";
            app.show_note(Note::error(words));
        }
        if let Some(remark) = options.remark {
            app.show_note(Note::error(remark));
        }
        if options.is_minimized {
            ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(true));
        }
        app.show_links(&options.links);
        if let Some(folder) = options.instance {
            app.listen_for_links(&folder);
        }
        let waker = app.engine_waker();
        let engine = match options.history {
            Some(history) => Engine::with_history(waker, history),
            None => Engine::start(waker),
        };
        match engine {
            Ok(engine) => {
                engine.send(Command::StopQueue(app.settings.stops_queue));
                app.engine = Some(Arc::new(engine));
            }
            Err(error) => {
                app.show_note(Note::error(format!(
                    "Cannot start the download engine: {error}"
                )));
            }
        }
        if options.start_server && app.settings.start_server {
            app.local_server = server::LocalServer::Starting;
            app.background.start_server(server::StartRequest {
                config: Config {
                    listen,
                    on_change: Some(app.repaint.watcher()),
                    timeouts: server::timeouts(),
                    ..Config::default()
                },
                any_port: true,
                capture_in: None,
            });
        }
        app
    }

    /// Returns the callback for changes of the engine.
    fn engine_waker(&self) -> Waker {
        let (repaint, slot) = (self.repaint.waker(), self.wake_slot.clone());
        Arc::new(move || {
            repaint();
            slot.wake();
        })
    }

    /// Processes everything that has happened since the last frame.
    fn tick(&mut self, ctx: &egui::Context) {
        self.repaint.frame_started(self.screen == Screen::Server);
        for result in self.background.take_results() {
            self.handle_result(ctx, result);
        }
        if let Some(engine) = &self.engine {
            self.snapshot = engine.snapshot();
        }
        self.check_close(ctx);
        self.update_title(ctx);
        self.take_links(ctx);
        self.notify_changes(ctx);
        self.server.read_stats(&self.local_server);
        self.update_lab();
        self.update_race();
        self.update_interface();
        self.update_schedule(ctx);
        self.apply_settings(ctx);
        self.settings.apply_scale(ctx, tokens::MIN_WINDOW);
    }

    /// Applies changed settings to the window and the engine.
    fn apply_settings(&mut self, ctx: &egui::Context) {
        if self.applied.as_ref() == Some(&self.settings) {
            return;
        }
        self.settings.apply(ctx);
        if let Some(engine) = &self.engine {
            engine.send(Command::Proxy(self.settings.proxy()));
            engine.send(Command::Ways(self.settings.ways()));
        }
        let before = self.applied.replace(self.settings.clone());
        if before.is_some_and(|before| before.count != self.settings.count) {
            self.downloads.set_count(self.settings.count);
        }
    }

    fn show_note(&mut self, note: Note) {
        toasts::push(&mut self.notes, note);
    }
}

impl Drop for LanesApp {
    fn drop(&mut self) {
        // Stops the metadata requests of the dialog, whose threads are joined next.
        self.downloads.add = None;
        self.lessons.cancel();
        self.compare.class.cancel.cancel();
    }
}

impl eframe::App for LanesApp {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.tick(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        let settings = Settings {
            class_name: self.compare.class.name.clone(),
            list_height: self.downloads.rows_height(),
            stops_queue: match &self.engine {
                Some(engine) => engine.snapshot().is_queue_stopped,
                None => self.settings.stops_queue,
            },
            // It is for the first start.
            offers_race: self.settings.offers_race && !self.race_was_offered,
            ..self.settings.clone()
        };
        storage.set_string(settings::KEY, settings.write());
        storage.set_string(compare::LINK_KEY, self.compare.form.link.to_stored());
    }

    /// Returns `false`: the program stores its own settings, and scroll positions are not worth
    /// storing.
    fn persist_egui_memory(&self) -> bool {
        false
    }
}
