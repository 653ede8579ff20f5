//! A window that adds one or several downloads, with a look at each before it starts; and that
//! changes the link or the place of one that failed.

use std::path::{MAIN_SEPARATOR, Path};

use eframe::egui::{
    self, Align2, Button, Key, Label, Popup, ScrollArea, TextEdit, Ui, Window, vec2,
};

use super::Around;
use super::how::How;
use crate::engine::source::Source;
use crate::engine::{Catalogue, Command, DownloadId, DownloadSnapshot, Snapshot};
use crate::ui::app::{Action, Note};
use crate::ui::background::Purpose;
use crate::ui::format;
use crate::ui::tokens::{self, CONTROL, Palette, STEP};
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;
use crate::ui::widgets::source_form::SourceForm;

/// Width of what stands in the window.
const WIDTH: f32 = 640.0;
/// The most links that one look takes in; more are added all the same.
const MOST_LOOKED_AT: usize = 100;

/// What was typed.
pub(crate) struct AddForm {
    links: String,
    /// Where the files go; empty for the folder of the settings.
    pub folder: String,
    /// The name of the file; empty for the name that it has. Only for a single link.
    name: String,
    how: How,
    /// The server that a plain name is asked of.
    server: String,
    /// The download that is changed, if this is about one that is there.
    altered: Option<DownloadId>,
    wants_focus: bool,
    /// What was looked at last, so that nothing is asked twice.
    looked_at: String,
}

impl AddForm {
    /// A form for these links, one a line.
    pub(super) fn new(links: &str, how: How, server: String, folder: String) -> Self {
        let links: Vec<&str> = links.split_whitespace().collect();
        Self {
            links: links.join("\n"),
            folder,
            name: String::new(),
            how,
            server,
            altered: None,
            wants_focus: true,
            looked_at: String::new(),
        }
    }

    /// A form that changes a download.
    pub fn alter(download: &DownloadSnapshot) -> Self {
        let path = download.path.as_deref();
        let folder = path.and_then(Path::parent).map(|p| p.display().to_string());
        let name = path
            .and_then(Path::file_name)
            .map(|n| n.to_string_lossy().into_owned());
        Self {
            name: name.unwrap_or_default(),
            altered: Some(download.id),
            ..Self::new(
                &download.source,
                How::like(download),
                String::new(),
                folder.unwrap_or_default(),
            )
        }
    }

    /// What each line means.
    fn sources(&self) -> Vec<Result<Source, String>> {
        let lines = self.links.lines().map(str::trim);
        let read = |line: &str| SourceForm::new(self.server.clone(), line).source();
        lines.filter(|line| !line.is_empty()).map(read).collect()
    }

    /// Asks the servers of links that were not looked at yet.
    fn look(&mut self, snapshot: &Snapshot, actions: &mut Vec<Action>) {
        if self.looked_at == self.links {
            return;
        }
        self.looked_at.clone_from(&self.links);
        let mut asked = Vec::new();
        let sources = self.sources().into_iter().take(MOST_LOOKED_AT).flatten();
        for server in sources.filter_map(|source| source.lanes_server().cloned()) {
            if !snapshot.catalogues.contains_key(&server) && !asked.contains(&server) {
                actions.push(Action::Engine(Command::Browse(server.clone())));
                asked.push(server);
            }
        }
    }

    /// Where the files go, as if it had been typed.
    fn save_to(&self, alone: bool) -> String {
        let folder = self.folder.trim();
        match (folder, self.name.trim()) {
            ("", _) => String::new(),
            (folder, name) if alone && !name.is_empty() => {
                Path::new(folder).join(name).display().to_string()
            }
            (folder, _) if folder.ends_with(['/', MAIN_SEPARATOR]) => folder.to_owned(),
            // What ends so is a folder, also one that is not there yet.
            (folder, _) => format!("{folder}{MAIN_SEPARATOR}"),
        }
    }

    /// Asks for everything, or says what is wrong.
    fn submit(&self, saves_in: &str, actions: &mut Vec<Action>) -> Result<(), String> {
        let sources = self.sources();
        if sources.is_empty() {
            return Err("Paste a link first, or several, one a line".to_owned());
        }
        let requests = sources
            .into_iter()
            .map(|source| self.how.request(source?))
            .collect::<Result<Vec<_>, String>>()?;
        let alone = requests.len() == 1;
        if self.altered.is_some() && !alone {
            return Err("A download has one link: remove the others".to_owned());
        }
        let mut save_to = self.save_to(alone);
        if save_to.is_empty() && alone && !self.name.trim().is_empty() {
            save_to = Path::new(saves_in)
                .join(self.name.trim())
                .display()
                .to_string();
        }
        for request in requests {
            let request = Box::new(request);
            actions.push(match self.altered {
                Some(id) => Action::Change(id, request, save_to.clone()),
                None => Action::Download(request, save_to.clone()),
            });
        }
        Ok(())
    }
}

/// The window. Returns whether it is to be closed.
pub(super) fn ui(
    ui: &mut Ui,
    form: &mut AddForm,
    around: &Around<'_>,
    actions: &mut Vec<Action>,
) -> bool {
    let mut is_open = true;
    let mut is_done = false;
    let title = if form.altered.is_some() {
        "Change a download"
    } else {
        "Add downloads"
    };
    let room = ui.ctx().content_rect().size() - vec2(64.0, 96.0);
    Window::new(title)
        .id(egui::Id::unique("add downloads"))
        .open(&mut is_open)
        .collapsible(false)
        .title_frame(tokens::title(ui))
        .resizable(false)
        .pivot(Align2::CENTER_CENTER)
        .default_pos(ui.ctx().content_rect().center())
        .max_height(room.y)
        .vscroll(true)
        .show(ui.ctx(), |ui| {
            ui.set_width(WIDTH.min(room.x));
            ui.spacing_mut().item_spacing.y = 12.0;
            links_ui(ui, form);
            form.look(around.snapshot, actions);
            looks_ui(ui, form, around.snapshot);
            place_ui(ui, form, around, actions);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 24.0;
                form.how.lines_ui(ui);
            });
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 24.0;
                form.how.packets_ui(ui);
            });
            is_done = buttons_ui(ui, form, around.saves_in, actions);
        });
    let escape = !Popup::is_any_open(ui.ctx())
        && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape));
    is_done || !is_open || escape
}

fn links_ui(ui: &mut Ui, form: &mut AddForm) {
    let words = if form.altered.is_some() {
        "Link"
    } else {
        "Links, one a line"
    };
    controls::group(ui, words, |ui, label| {
        let links = ScrollArea::vertical().max_height(96.0).show(ui, |ui| {
            ui.add(
                TextEdit::multiline(&mut form.links)
                    .hint_text("lanes://host:port/name")
                    .desired_rows(if form.altered.is_some() { 1 } else { 3 })
                    .desired_width(f32::INFINITY)
                    .margin(vec2(8.0, 6.0)),
            )
            .labelled_by(label)
        });
        if std::mem::take(&mut form.wants_focus) {
            links.inner.request_focus();
        }
    });
}

/// What is known of each link already.
fn looks_ui(ui: &mut Ui, form: &AddForm, snapshot: &Snapshot) {
    let sources = form.sources();
    if sources.is_empty() {
        return;
    }
    ScrollArea::vertical()
        .id_salt("looks")
        .max_height(96.0)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for source in sources.iter().take(MOST_LOOKED_AT) {
                let (words, bad) = match source {
                    Ok(source) => look_words(source, snapshot),
                    Err(words) => (words.clone(), true),
                };
                let colour = if bad {
                    Palette::of(ui).bad
                } else {
                    Palette::of(ui).text
                };
                ui.add(Label::new(egui::RichText::new(words).color(colour)).truncate());
            }
        });
}

/// What is known of a source, and whether it is bad news.
fn look_words(source: &Source, snapshot: &Snapshot) -> (String, bool) {
    let name = source.name();
    let Some(server) = source.lanes_server() else {
        return (format!("{name}: from {}", source.host()), false);
    };
    match snapshot.catalogues.get(server) {
        Some(Catalogue::Ready(entries)) => match entries.iter().find(|entry| entry.name == name) {
            Some(entry) => {
                let size = format::size(entry.len);
                (format!("{name}: {size}, can be resumed"), false)
            }
            None => (format!("{name}: not in the server's list"), true),
        },
        Some(Catalogue::Failed(words)) => (format!("{name}: {words}"), true),
        Some(Catalogue::Loading) | None => (format!("{name}: asking the server"), false),
    }
}

fn place_ui(ui: &mut Ui, form: &mut AddForm, around: &Around<'_>, actions: &mut Vec<Action>) {
    let alone = form.sources().len() <= 1;
    ui.horizontal(|ui| {
        let name_width = if alone { 200.0 } else { 0.0 };
        let width = ui.available_width() - name_width - STEP;
        controls::group(ui, "Folder", |ui, label| {
            ui.horizontal(|ui| {
                let field = width - CONTROL - 88.0 - 2.0 * STEP;
                controls::field(ui, &mut form.folder, label, around.saves_in, field);
                recent_ui(ui, form, around.recent);
                if controls::wide_button(ui, "Choose…", 88.0, !around.dialog_is_open).clicked() {
                    actions.push(Action::Ask(Purpose::AddFolder));
                }
            });
        });
        if alone {
            controls::group(ui, "Name", |ui, label| {
                let width = ui.available_width();
                controls::field(ui, &mut form.name, label, "as it is called there", width);
            });
        }
    });
}

/// The folders that were used before.
fn recent_ui(ui: &mut Ui, form: &mut AddForm, recent: &[String]) {
    let button = controls::icon_button(ui, Icon::Open, "Folders used before");
    Popup::menu(&button)
        .accessible_name("Folders used before")
        .show(|ui| {
            ui.set_width(320.0);
            if recent.is_empty() {
                ui.label("None yet");
            }
            for folder in recent {
                if ui.add(Button::new(folder.as_str()).truncate()).clicked() {
                    form.folder.clone_from(folder);
                }
            }
        });
}

fn buttons_ui(ui: &mut Ui, form: &AddForm, saves_in: &str, actions: &mut Vec<Action>) -> bool {
    let count = form.sources().len();
    let words = match (form.altered, count) {
        (Some(_), _) => "Change".to_owned(),
        (None, 0 | 1) => "Start".to_owned(),
        (None, many) => format!("Start {many}"),
    };
    ui.horizontal(|ui| {
        let submit = controls::primary(ui, &words).clicked()
            || ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, Key::Enter));
        if submit {
            match form.submit(saves_in, actions) {
                Ok(()) => return true,
                Err(words) => actions.push(Action::Say(Note::bad(words))),
            }
        }
        controls::button(ui, "Close").clicked()
    })
    .inner
}
