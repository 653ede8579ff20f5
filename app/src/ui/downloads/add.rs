//! A window that adds one or several downloads, with a look at each before it starts; and that
//! changes the link or the place of one that failed.

mod looks;
mod place;

use std::path::{MAIN_SEPARATOR, Path};

use eframe::egui::{self, Align2, Key, Popup, ScrollArea, TextEdit, Ui, Window, vec2};

use super::Around;
use super::how::How;
use crate::engine::source::Source;
use crate::engine::{DownloadId, DownloadSnapshot, Probe, Request};
use crate::ui::app::{Action, Note};
use crate::ui::format;
use crate::ui::tokens::{self, CONTROL};
use crate::ui::widgets::source_form::SourceForm;
use crate::ui::widgets::{controls, rate_limit};
use looks::Looks;

/// Width of what stands in the window.
const WIDTH: f32 = 640.0;

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
    /// Whether the links are of one file.
    are_mirrors: bool,
    looks: Looks,
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
            are_mirrors: false,
            looks: Looks::default(),
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

    /// Whether the links may be of one file: of web servers, and with one name.
    fn may_be_mirrors(sources: &[Result<Source, String>]) -> bool {
        let is_alike = |pair: &[Result<Source, String>]| match pair {
            [Ok(a), Ok(b)] => a.name() == b.name(),
            _ => false,
        };
        let is_web = |source: &Source| source.lanes_server().is_none();
        sources.len() > 1
            && sources.windows(2).all(is_alike)
            && sources.iter().flatten().all(is_web)
    }

    /// Whether one file comes of it.
    fn is_alone(&self, sources: &[Result<Source, String>]) -> bool {
        sources.len() <= 1 || (self.are_mirrors && Self::may_be_mirrors(sources))
    }

    /// What is asked for.
    fn requests(&self) -> Result<Vec<Request>, String> {
        let sources = self.sources();
        if sources.is_empty() {
            return Err("Paste a link first, or several, one a line".to_owned());
        }
        let alone = self.is_alone(&sources);
        let mut sources = sources.into_iter().collect::<Result<Vec<_>, _>>()?;
        if !alone {
            let request = |source| self.how.request(source);
            return sources.into_iter().map(request).collect();
        }
        if let Some((len, other)) = self.lengths_that_differ(&sources) {
            let (len, other) = (format::bytes_in_full(len), format::bytes_in_full(other));
            return Err(format!(
                "These are no mirrors of one file: one has {len}, another {other}"
            ));
        }
        let mirrors = sources.split_off(1);
        let mut requests = sources
            .into_iter()
            .map(|source| self.how.request(source))
            .collect::<Result<Vec<_>, _>>()?;
        for request in &mut requests {
            request.mirrors.clone_from(&mirrors);
        }
        Ok(requests)
    }

    fn lengths_that_differ(&self, sources: &[Source]) -> Option<(u64, u64)> {
        let mut lengths = sources
            .iter()
            .filter_map(|source| self.looks.len_of(source));
        let first = lengths.next()?;
        Some((first, lengths.find(|len| *len != first)?))
    }

    /// Asks for everything, or says what is wrong.
    fn submit(&self, saves_in: &str, actions: &mut Vec<Action>) -> Result<(), String> {
        let requests = self.requests()?;
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

    /// A web server was asked for a file.
    pub fn probed(&mut self, link: &str, came: Result<Probe, String>) {
        self.looks.probed(link, came);
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
        // It grows with what is found out, and its buttons stay in sight.
        .auto_sized()
        .pivot(Align2::CENTER_CENTER)
        .default_pos(ui.ctx().content_rect().center())
        .show(ui.ctx(), |ui| {
            ui.set_width(WIDTH.min(room.x));
            ui.spacing_mut().item_spacing.y = 12.0;
            ScrollArea::vertical()
                .id_salt("form")
                .max_height(room.y - CONTROL - 12.0)
                .show(ui, |ui| form_ui(ui, form, around, actions));
            is_done = buttons_ui(ui, form, around.saves_in, actions);
        });
    let escape = !Popup::is_any_open(ui.ctx())
        && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape));
    is_done || !is_open || escape
}

fn form_ui(ui: &mut Ui, form: &mut AddForm, around: &Around<'_>, actions: &mut Vec<Action>) {
    links_ui(ui, form);
    let sources = form.sources();
    form.looks
        .look(ui, &form.links, &sources, around.snapshot, actions);
    if !sources.is_empty() {
        form.looks.ui(ui, &sources, around.snapshot);
    }
    if form.altered.is_none() && AddForm::may_be_mirrors(&sources) {
        controls::checkbox(ui, &mut form.are_mirrors, "These are mirrors of one file")
            .on_hover_text("One download asks all of these servers, the faster ones for more");
    }
    let alone = form.is_alone(&sources);
    place::ui(ui, form, alone, around, actions);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        form.how.lines_ui(ui);
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        form.how.packets_ui(ui);
        rate_limit::ui(ui, "Speed limit", &mut form.how.limit);
    });
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
                    .hint_text("https://… or lanes://host:port/name")
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

fn buttons_ui(ui: &mut Ui, form: &AddForm, saves_in: &str, actions: &mut Vec<Action>) -> bool {
    let sources = form.sources();
    let count = if form.is_alone(&sources) {
        1
    } else {
        sources.len()
    };
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
