//! The program's state, one frame of it, and the frame around its screens.

mod chrome;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eframe::egui;
use lanes_server::Config;
use lanes_shared::DEFAULT_PORT;

use super::background::{Answer, Background, Format, Purpose};
use super::settings::Settings;
use super::{compare, downloads, server, settings, tokens};
use crate::engine::{Command, Destination, Engine, Request, Snapshot, Waker};
use crate::lab::{Experiment, Lab, Plan};

/// At most one frame in this time for news that nobody clicked for.
const FRAME: Duration = Duration::from_millis(16);

/// How the window starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether the local server starts with it; the user's settings may say no as well.
    pub start_server: bool,
    /// Where the local server listens.
    pub listen: SocketAddr,
    /// Where downloads are saved, before any setting; `None` for the Desktop.
    pub folder: Option<PathBuf>,
    /// The settings, as they were kept.
    pub stored: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            start_server: true,
            listen: (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into(),
            folder: None,
            stored: None,
        }
    }
}

/// What a screen asks for. Applied in one place, once a frame.
pub(crate) enum Action {
    /// An order to the engine.
    Engine(Command),
    /// A new download; its destination is still the text that was typed.
    Download(Box<Request>, String),
    /// A new experiment.
    Run(Box<Plan>),
    /// Stop the experiment.
    CancelRun,
    /// Open a dialog.
    Ask(Purpose),
    /// Open a file.
    Open(PathBuf),
    /// Open the folder of a file.
    OpenFolderOf(PathBuf),
    /// Read the picture of a finished download.
    ReadPicture(crate::engine::DownloadId, PathBuf),
    /// Start the local server as its screen says.
    StartServer,
    /// Stop the local server.
    StopServer,
    /// Say something.
    Say(Note),
}

/// A message above the screen.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// What happened and what can be done.
    pub words: String,
    /// Whether something failed.
    pub bad: bool,
}

impl Note {
    /// Something failed.
    pub(crate) fn bad(words: impl Into<String>) -> Self {
        let words = words.into();
        Self { words, bad: true }
    }

    /// Something is worth knowing.
    pub(crate) fn good(words: impl Into<String>) -> Self {
        let words = words.into();
        Self { words, bad: false }
    }
}

/// The screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Downloads.
    Downloads,
    /// Experiments.
    Compare,
    /// The local server.
    Server,
    /// Settings.
    Settings,
}

/// The program behind the window.
///
/// Its fields are dropped in this order: first what downloads, then the server it downloads from.
pub struct LanesApp {
    lab: Option<Lab>,
    engine: Option<Engine>,
    local: server::Local,
    background: Background,
    waker: Waker,
    woken: Arc<AtomicBool>,
    snapshot: Snapshot,
    experiment: Option<Arc<Experiment>>,
    screen: Screen,
    downloads: downloads::State,
    compare: compare::State,
    server_form: server::Form,
    settings: Settings,
    applied: Option<Settings>,
    folder: Option<PathBuf>,
    note: Option<Note>,
}

impl LanesApp {
    /// The program as it starts. Needs no window: `ctx` is all it draws with.
    pub fn new(ctx: &egui::Context, options: Options) -> Self {
        tokens::apply(ctx);
        let woken = Arc::new(AtomicBool::new(false));
        let waker = waker(ctx, &woken);
        let settings = Settings::read(options.stored.as_deref());
        let address = options.listen.to_string();
        let mut app = Self {
            lab: None,
            engine: None,
            local: server::Local::default(),
            background: Background::new(waker.clone()),
            woken,
            snapshot: Snapshot::default(),
            experiment: None,
            screen: Screen::Downloads,
            downloads: downloads::State::new(address.clone()),
            compare: compare::State::new(address),
            server_form: server::Form::new(options.listen),
            settings,
            applied: None,
            folder: options.folder,
            note: None,
            waker: waker.clone(),
        };
        match Engine::start(waker) {
            Ok(engine) => app.engine = Some(engine),
            Err(error) => {
                app.note = Some(Note::bad(format!("Downloads cannot be started: {error}")));
            }
        }
        if options.start_server && app.settings.start_server {
            app.local = server::Local::Starting;
            app.background.start_server(server::Wish {
                config: Config {
                    listen: options.listen,
                    ..Config::default()
                },
                any_port: true,
            });
        }
        app
    }

    /// Takes in what happened since the last frame.
    fn tick(&mut self, ctx: &egui::Context) {
        // Before the snapshot is read: what happens after this wakes the window again.
        self.woken.store(false, Ordering::Release);
        for answer in self.background.take() {
            self.answer(ctx, answer);
        }
        if let Some(engine) = &self.engine {
            self.snapshot = engine.snapshot();
        }
        if let Some(experiment) = self.lab.as_ref().and_then(Lab::snapshot) {
            self.experiment = Some(experiment);
        }
        if self.applied.as_ref() != Some(&self.settings) {
            self.settings.apply(ctx);
            self.applied = Some(self.settings.clone());
        }
    }

    fn answer(&mut self, ctx: &egui::Context, answer: Answer) {
        match answer {
            Answer::Dialog(purpose, Some(path)) => self.chosen(purpose, path),
            Answer::Dialog(_, None) => {}
            Answer::ServerStarted(server, remark) => {
                let addr = server.addr();
                self.local = server::Local::Running(server);
                self.point_at(addr);
                if let Some(remark) = remark {
                    self.note = Some(Note::good(format!("{remark}: {addr}")));
                }
            }
            Answer::ServerFailed(words) => {
                self.note = Some(Note::bad(format!("The local server does not run: {words}")));
                self.local = server::Local::Failed(words);
            }
            Answer::ServerStopped => self.local = server::Local::Stopped,
            Answer::Picture(id, picture) => self.downloads.show_picture(ctx, id, picture),
            Answer::Destination(request) => self.start(*request),
            Answer::Exported(path) => {
                self.note = Some(Note::good(format!("Exported to {}", path.display())));
            }
            Answer::Failed(words) => self.note = Some(Note::bad(words)),
        }
    }

    /// Lets the forms that asked the local server ask it where it is now.
    fn point_at(&mut self, addr: SocketAddr) {
        let now = addr.to_string();
        let before = std::mem::replace(&mut self.server_form.listen, now.clone());
        for form in [&mut self.downloads.source, &mut self.compare.source] {
            if form.server.trim() == before {
                form.server.clone_from(&now);
            }
        }
        if let (Some(engine), Some(server)) = (&self.engine, self.downloads.source.server()) {
            engine.send(Command::Browse(server));
        }
    }

    fn chosen(&mut self, purpose: Purpose, path: PathBuf) {
        let words = path.display().to_string();
        match purpose {
            Purpose::SaveAs => self.downloads.save_to = words,
            Purpose::DownloadFolder => self.settings.folder = words,
            Purpose::ServerFolder => self.server_form.folder = words,
            Purpose::Export(format) => self.export(format, path),
        }
    }

    fn export(&mut self, format: Format, path: PathBuf) {
        if let Some(experiment) = self.experiment.clone() {
            self.background
                .write(path, move || compare::export::text(format, &experiment));
        }
    }

    fn start(&mut self, request: Request) {
        if let Some(engine) = &self.engine {
            self.downloads.started(engine.add(request));
        }
    }

    fn apply(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Engine(command) => {
                    if let Some(engine) = &self.engine {
                        engine.send(command);
                    }
                }
                Action::Download(request, typed) => self.download(*request, &typed),
                Action::Run(plan) => match Lab::start(*plan, self.waker.clone()) {
                    Ok(lab) => {
                        self.experiment = None;
                        self.note = None;
                        self.lab = Some(lab);
                    }
                    Err(words) => self.note = Some(Note::bad(words)),
                },
                Action::CancelRun => {
                    if let Some(lab) = &self.lab {
                        lab.cancel();
                    }
                }
                Action::Ask(purpose) => self.ask(purpose),
                Action::Open(path) => self.background.open(path),
                Action::OpenFolderOf(path) => self.background.open_folder_of(path),
                Action::ReadPicture(id, path) => self.background.read_picture(id, path),
                Action::StartServer => match self.server_form.wish() {
                    Ok(wish) => {
                        self.local = server::Local::Starting;
                        self.background.start_server(wish);
                    }
                    Err(words) => self.note = Some(Note::bad(words)),
                },
                Action::StopServer => {
                    if let server::Local::Running(server) =
                        std::mem::replace(&mut self.local, server::Local::Stopping)
                    {
                        self.background.stop_server(*server);
                    }
                }
                Action::Say(note) => self.note = Some(note),
            }
        }
    }

    /// Whether a typed path is a folder only the disk can say, so a thread asks it.
    fn download(&mut self, mut request: Request, typed: &str) {
        self.note = None;
        let typed = [typed, &self.settings.folder]
            .map(str::trim)
            .into_iter()
            .find(|t| !t.is_empty());
        match (typed, &self.folder) {
            (Some(path), _) => {
                let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
                let path = expand(path, home.as_deref());
                self.background.find_destination(Box::new(request), path);
            }
            (None, folder) => {
                request.destination = folder
                    .clone()
                    .map_or(Destination::Desktop, Destination::Folder);
                self.start(request);
            }
        }
    }

    fn ask(&mut self, purpose: Purpose) {
        let text = |text: &str| (!text.trim().is_empty()).then(|| PathBuf::from(text.trim()));
        let (folder, name) = match purpose {
            Purpose::SaveAs => {
                let name = self.downloads.source.name.rsplit('/').next();
                let folder = text(&self.settings.folder).or(self.folder.clone());
                (folder, name.unwrap_or_default().to_owned())
            }
            Purpose::DownloadFolder => (text(&self.settings.folder), String::new()),
            Purpose::ServerFolder => (text(&self.server_form.folder), String::new()),
            Purpose::Export(format) => (None, format!("lanes-compare.{}", format.ending())),
        };
        self.background.ask(purpose, folder, name);
    }

    /// Draws one frame and does what was asked for in it.
    fn draw(&mut self, ui: &mut egui::Ui) {
        let mut actions = Vec::new();
        self.shortcuts(ui.ctx(), &mut actions);
        chrome::rail_ui(ui, &mut self.screen);
        chrome::status_ui(ui, &self.snapshot, self.experiment.as_deref(), &self.local);
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
            chrome::note_ui(ui, &mut self.note);
            let dialog = self.background.dialog_is_open();
            match self.screen {
                Screen::Downloads => {
                    downloads::ui(
                        ui,
                        &mut self.downloads,
                        &self.snapshot,
                        dialog,
                        &mut actions,
                    );
                }
                Screen::Compare => compare::ui(
                    ui,
                    &mut self.compare,
                    &self.snapshot,
                    self.experiment.as_deref(),
                    self.lab.is_some(),
                    &mut actions,
                ),
                Screen::Server => {
                    server::ui(ui, &self.local, &mut self.server_form, dialog, &mut actions);
                }
                Screen::Settings => settings::ui(ui, &mut self.settings, dialog, &mut actions),
            }
        });
        self.apply(actions);
    }

    /// Ctrl with a digit changes the screen, Ctrl+Enter does what the screen is for, Ctrl+Q ends.
    fn shortcuts(&mut self, ctx: &egui::Context, actions: &mut Vec<Action>) {
        use egui::{Key, Modifiers};
        for (key, screen) in [
            (Key::Num1, Screen::Downloads),
            (Key::Num2, Screen::Compare),
            (Key::Num3, Screen::Server),
            (Key::Num4, Screen::Settings),
        ] {
            if ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, key)) {
                self.screen = screen;
            }
        }
        if ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Q)) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        if ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter)) {
            match self.screen {
                Screen::Downloads => self.downloads.download(actions),
                Screen::Compare => self.compare.run(self.experiment.as_deref(), actions),
                Screen::Server | Screen::Settings => {}
            }
        }
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
    }

    /// The program keeps its own settings; where a list was scrolled to is not worth keeping.
    fn persist_egui_memory(&self) -> bool {
        false
    }
}

/// Many threads have news; the window hears of them at most once a frame.
fn waker(ctx: &egui::Context, woken: &Arc<AtomicBool>) -> Waker {
    let (ctx, woken) = (ctx.clone(), Arc::clone(woken));
    Arc::new(move || {
        if !woken.swap(true, Ordering::AcqRel) {
            ctx.request_repaint_after(FRAME);
        }
    })
}

/// A path as people type it: `~` is their home.
fn expand(typed: &str, home: Option<&Path>) -> PathBuf {
    match (typed.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with(['/', '\\']) => home.join(&rest[1..]),
        _ => PathBuf::from(typed),
    }
}
