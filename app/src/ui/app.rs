//! The program's state, one frame of it, and the frame around its screens.

mod action;
mod chrome;
mod help;
mod keys;
mod local;
mod news;
mod places;
mod pulse;
mod shelf;
mod toasts;
mod watch;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crossbeam_channel::Sender;
use eframe::egui;
use lanes_server::Config;
use lanes_shared::DEFAULT_PORT;

use super::announcer::{Announcement, Announcer};
use super::background::{Answer, Background};
use super::settings::Settings;
use super::{compare, downloads, format, server, settings, tokens};
use crate::engine::source::http::HttpOptions;
use crate::engine::{Command, Destination, DownloadId, Engine, Request, Snapshot};
use crate::lab::Lab;
use crate::lab::shelf::Shelf;
pub(crate) use action::{Action, Note, Screen};
use places::Home;
use pulse::Pulse;
use watch::Watch;

/// Bytes that are deleted without asking first: what comes again in a moment.
const LITTLE: u64 = 1_000_000;

/// How the window starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether the local server starts with it; the user's settings may say no as well.
    pub start_server: bool,
    /// Where the local server listens.
    pub listen: SocketAddr,
    /// Where downloads are saved, before any setting; `None` for the Desktop.
    pub folder: Option<PathBuf>,
    /// The folder in which experiments are kept; `None` keeps none.
    pub experiments: Option<PathBuf>,
    /// The file in which the list of downloads is kept from one start to the next, if it is.
    pub history: Option<PathBuf>,
    /// The settings, as they were kept.
    pub stored: Option<String>,
    /// The link to compare over, as it was kept.
    pub link: Option<String>,
    /// What the user should know of the start, in words.
    pub remark: Option<String>,
    /// Where notifications go instead of the desktop.
    pub announcements: Option<Sender<Announcement>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            start_server: true,
            listen: (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into(),
            folder: None,
            experiments: None,
            history: None,
            stored: None,
            link: None,
            remark: None,
            announcements: None,
        }
    }
}

/// The program behind the window.
///
/// Its fields are dropped in this order: first what downloads, then the server it downloads from.
pub struct LanesApp {
    lab: Option<Lab>,
    engine: Option<Engine>,
    local: server::Local,
    /// Where the local server listens, or would.
    listen: SocketAddr,
    /// Where it is to listen as soon as it has stopped.
    moves_to: Option<SocketAddr>,
    announcer: Announcer,
    background: Background,
    pulse: Pulse,
    snapshot: Snapshot,
    screen: Screen,
    downloads: downloads::State,
    compare: compare::State,
    shelf: Option<Shelf>,
    server: server::State,
    settings: Settings,
    applied: Option<Settings>,
    home: Home,
    watch: Watch,
    notes: Vec<Note>,
    shows_help: bool,
}

impl LanesApp {
    /// The program as it starts. Needs no window: `ctx` is all it draws with.
    pub fn new(ctx: &egui::Context, options: Options) -> Self {
        tokens::apply(ctx);
        let pulse = Pulse::new(ctx);
        let (settings, is_broken) = Settings::read(options.stored.as_deref());
        let mut listen = options.listen;
        listen.set_port(settings.port.unwrap_or(listen.port()));
        let address = listen.to_string();
        let mut app = Self {
            lab: None,
            engine: None,
            local: server::Local::default(),
            listen,
            moves_to: None,
            announcer: Announcer::new(options.announcements),
            background: Background::new(pulse.waker()),
            snapshot: Snapshot::default(),
            screen: Screen::Downloads,
            downloads: downloads::State::new(address.clone(), settings.count),
            compare: compare::State::new(address),
            shelf: options.experiments.map(Shelf::new),
            server: server::State::new(listen),
            settings,
            applied: None,
            home: Home::new(options.folder),
            watch: Watch::default(),
            notes: Vec::new(),
            shows_help: false,
            pulse,
        };
        app.compare
            .form
            .link
            .recall(options.link.as_deref().unwrap_or_default());
        if is_broken {
            let words = "The settings could not be read and are as at the first start";
            app.say(Note::bad(words));
        }
        if let Some(remark) = options.remark {
            app.say(Note::bad(remark));
        }
        let engine = match options.history {
            Some(history) => Engine::with_history(app.pulse.waker(), history),
            None => Engine::start(app.pulse.waker()),
        };
        match engine {
            Ok(engine) => app.engine = Some(engine),
            Err(error) => {
                app.say(Note::bad(format!("Downloads cannot be started: {error}")));
            }
        }
        if options.start_server && app.settings.start_server {
            app.local = server::Local::Starting;
            app.background.start_server(server::Wish {
                config: Config {
                    listen,
                    watcher: Some(app.pulse.watcher()),
                    patience: server::patience(),
                    ..Config::default()
                },
                any_port: true,
            });
        }
        app
    }

    /// Takes in what happened since the last frame.
    fn tick(&mut self, ctx: &egui::Context) {
        self.pulse.begin(self.screen == Screen::Server);
        for answer in self.background.take() {
            self.answer(ctx, answer);
        }
        if let Some(engine) = &self.engine {
            self.snapshot = engine.snapshot();
        }
        self.tell_news(ctx);
        self.server.watch(&self.local);
        self.watch_lab();
        self.apply_settings(ctx);
    }

    /// Lets what was set take effect.
    fn apply_settings(&mut self, ctx: &egui::Context) {
        if self.applied.as_ref() == Some(&self.settings) {
            return;
        }
        self.settings.apply(ctx);
        if let Some(engine) = &self.engine {
            engine.send(Command::Limit(self.settings.limits()));
            engine.send(Command::Proxy(self.settings.proxy()));
        }
        let before = self.applied.replace(self.settings.clone());
        if before.is_some_and(|before| before.count != self.settings.count) {
            self.downloads.set_count(self.settings.count);
        }
    }

    fn answer(&mut self, ctx: &egui::Context, answer: Answer) {
        match answer {
            Answer::Dialog(purpose, Some(path)) => self.chosen(purpose, &path),
            Answer::Dialog(_, None) => {}
            Answer::ServerStarted(server, remark) => {
                let addr = server.addr();
                self.local = server::Local::Running(server);
                self.point_at(addr);
                if let Some(remark) = remark {
                    self.say(Note::good(format!("{remark}: {addr}")));
                }
                self.server_started();
            }
            Answer::ServerFailed(words) => {
                self.say(Note::bad(format!("The local server does not run: {words}")));
                self.local = server::Local::Failed(words);
            }
            Answer::ServerStopped => self.server_stopped(),
            Answer::ServerLink(outcome) => {
                self.server.link.is_set();
                if let Err(words) = outcome {
                    self.say(Note::bad(format!("The link is not changed: {words}")));
                }
            }
            Answer::Picture(id, picture) => self.downloads.show_picture(ctx, id, picture),
            Answer::Destination(id, request, typed) => {
                // A file's name is meant for this one download, a folder for those after it too.
                if matches!(request.destination, Destination::File(_))
                    && self.downloads.save_to.trim() == typed
                {
                    self.downloads.save_to.clear();
                }
                if let Destination::Folder(folder) = &request.destination {
                    self.settings.used(folder);
                }
                self.start(id, *request);
            }
            Answer::Probed(link, came) => {
                if let Some(form) = &mut self.downloads.add {
                    form.probed(&link, came);
                }
            }
            Answer::Exported(paths) => {
                let paths: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
                self.say(Note::good(format!("Exported to {}", paths.join(", "))));
            }
            Answer::Shelf(told) => self.told(told),
            Answer::Link(profile) => {
                let link = match self.screen {
                    Screen::Server => &mut self.server.link.form,
                    _ => &mut self.compare.form.link,
                };
                link.set(&profile);
            }
            Answer::Failed(words) => self.say(Note::bad(words)),
        }
    }

    /// Lets the forms that asked the local server ask it where it is now.
    fn point_at(&mut self, addr: SocketAddr) {
        self.listen = addr;
        let (before, now) = self.server.is_at(addr);
        let (before, now) = (before.to_string(), now.to_string());
        for form in [&mut self.downloads.source, &mut self.compare.form.source] {
            if form.server.trim() == before {
                form.server.clone_from(&now);
            }
        }
        if let (Some(engine), Ok(server)) = (&self.engine, now.parse()) {
            engine.send(Command::Browse(server));
        }
    }

    /// Starts a download, or starts the one with this number anew as something else.
    fn start(&mut self, id: Option<DownloadId>, request: Request) {
        match (&self.engine, id) {
            (Some(engine), None) => self.downloads.started(engine.add(request)),
            (Some(engine), Some(id)) => engine.send(Command::Change(id, Box::new(request))),
            (None, _) => {}
        }
    }

    fn say(&mut self, note: Note) {
        toasts::push(&mut self.notes, note);
    }

    /// Stops a download and deletes what came; where that is much, only after asking.
    fn cancel(&mut self, id: DownloadId) {
        let Some(download) = self.snapshot.download(id) else {
            return;
        };
        let command = Action::Engine(Command::Cancel(id));
        if download.done <= LITTLE {
            self.apply(vec![command]);
            return;
        }
        let (name, done) = (&download.name, format::size(download.done));
        let words = format!("Cancel {name}? The {done} that came will be deleted");
        self.say(Note::good(words).or("Delete what came", command));
    }

    fn apply(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Engine(command) => {
                    if let Some(engine) = &self.engine {
                        engine.send(command);
                    }
                }
                Action::Download(request, typed) => self.download(None, *request, &typed),
                Action::Change(id, request, typed) => self.download(Some(id), *request, &typed),
                Action::Alter(id) => {
                    if let Some(download) = self.snapshot.download(id).cloned() {
                        self.screen = Screen::Downloads;
                        self.downloads.open_alter(&download);
                    }
                }
                Action::Cancel(id) => self.cancel(id),
                Action::Show(id) => {
                    self.screen = Screen::Downloads;
                    self.downloads.show(id);
                }
                Action::Run(plans) => match Lab::start(plans, self.pulse.waker()) {
                    Ok(lab) => {
                        self.compare.begin();
                        self.lab = Some(lab);
                    }
                    Err(words) => self.say(Note::bad(words)),
                },
                Action::CancelRun => {
                    if let Some(lab) = &self.lab {
                        lab.cancel();
                    }
                }
                Action::Export(formats, typed) => self.export(formats, &typed),
                Action::Shelf(ask) => self.ask_shelf(ask),
                Action::ReadLink(typed) => self.background.read_link(places::from_home(&typed)),
                Action::Ask(purpose) => self.ask(purpose),
                Action::Open(path) => self.background.open(path),
                Action::OpenFolderOf(path) => self.background.open_folder_of(path),
                Action::ReadPicture(id, path) => self.background.read_picture(id, path),
                Action::StartServer => match self.server.wish() {
                    Ok(mut wish) => {
                        wish.config.watcher = Some(self.pulse.watcher());
                        self.local = server::Local::Starting;
                        self.background.start_server(wish);
                    }
                    Err(words) => self.say(Note::bad(words)),
                },
                Action::Probe(source, stop) => {
                    let options = HttpOptions {
                        proxy: self.settings.proxy(),
                        ..HttpOptions::default()
                    };
                    self.background.probe(source, options, stop);
                }
                Action::MoveServer(port) => self.move_server(port),
                Action::StopServer => {
                    if let server::Local::Running(server) =
                        std::mem::replace(&mut self.local, server::Local::Stopping)
                    {
                        self.background.stop_server(server);
                    }
                }
                Action::SetLink(link) => {
                    if let server::Local::Running(server) = &self.local {
                        self.background.set_link(server.clone(), link);
                    }
                }
                Action::Say(note) => self.say(note),
            }
        }
    }

    /// Draws one frame and does what was asked for in it.
    fn draw(&mut self, ui: &mut egui::Ui) {
        let mut actions = Vec::new();
        self.keys(ui.ctx(), &mut actions);
        chrome::rail_ui(ui, &mut self.screen);
        let comparing = self.compare.bench.is_running();
        chrome::status_ui(ui, &self.snapshot, comparing, &self.local);
        let margin = if ui.available_width() > 1000.0 {
            24
        } else {
            16
        };
        let frame = egui::Frame::new()
            .fill(tokens::Palette::of(ui).canvas)
            .inner_margin(margin);
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 12.0;
            let dialog = self.background.dialog_is_open();
            let saves_in = self.saves_in();
            // A message that comes or goes must not change who has the keyboard's focus.
            let id = egui::Id::unique(("screen", self.screen as u8));
            let screen = egui::UiBuilder::new().scope_id(id);
            ui.scope_builder(screen, |ui| match self.screen {
                Screen::Downloads => {
                    let around = downloads::Around {
                        snapshot: &self.snapshot,
                        saves_in: &saves_in,
                        recent: &self.settings.recent,
                        dialog_is_open: dialog,
                    };
                    downloads::ui(ui, &mut self.downloads, &around, &mut actions);
                }
                Screen::Compare => compare::ui(
                    ui,
                    &mut self.compare,
                    &self.snapshot,
                    self.lab.is_some(),
                    (&saves_in, dialog),
                    &mut actions,
                ),
                Screen::Server => {
                    server::ui(
                        ui,
                        &self.local,
                        &mut self.server,
                        &self.snapshot,
                        dialog,
                        &mut actions,
                    );
                }
                Screen::Settings => {
                    let around = settings::Around {
                        home: &self.home.words,
                        listen: self.listen,
                        dialog_is_open: dialog,
                    };
                    settings::ui(ui, &mut self.settings, &around, &mut actions);
                }
            });
        });
        toasts::ui(ui, &mut self.notes, &mut actions);
        self.shows_help = self.shows_help && help::ui(ui);
        self.apply(actions);
    }
}

impl Drop for LanesApp {
    fn drop(&mut self) {
        // Threads that ask web servers for its links are joined next, so they must end now.
        self.downloads.add = None;
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
        storage.set_string(settings::KEY, self.settings.write());
        storage.set_string(compare::LINK_KEY, self.compare.form.link.remember());
    }

    /// The program keeps its own settings; where a list was scrolled to is not worth keeping.
    fn persist_egui_memory(&self) -> bool {
        false
    }
}
