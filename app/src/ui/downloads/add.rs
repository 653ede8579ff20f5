//! The dialog that adds downloads after fetching their metadata, or edits the link and destination
//! of one.

mod add_request;
mod link_patterns;
mod metadata_lookups;
mod metalinks;
mod pasted_command;
mod save_target;
mod start_time;
mod unfinished_file;

use std::path::{MAIN_SEPARATOR, Path};

use eframe::egui::{
    self, Align, Key, Label, Layout, Popup, RichText, ScrollArea, TextEdit, Ui, vec2,
};

use super::ScreenContext;
use super::transfer_options::TransferOptions;
use crate::pasted;
use crate::ui::bidi::visual;
use crate::ui::link_input::{self, LinkInput, Metadata};
use crate::ui::message::{Action, Note, Purpose};
use crate::ui::tokens::{CONTROL, Palette};
use crate::ui::widgets::{controls, interfaces, modal, rate_limit};
use add_request::Lines;
use lanes_engine::{DownloadId, DownloadSnapshot, DownloadState, Snapshot};
use metadata_lookups::MetadataLookups;
use metalinks::MetalinkSelection;

/// Width of the dialog's content.
const WIDTH: f32 = 640.0;
/// Width of the list of links.
const LINK: f32 = 128.0;

/// Content of the dialog.
pub(crate) struct AddForm {
    links: String,
    /// Destination folder; empty for the folder of the settings.
    pub folder: String,
    /// File name; empty for the server's. Only for a single link.
    name: String,
    options: TransferOptions,
    /// The server of plain file names.
    server: String,
    /// Time of the start, as typed; empty for at once.
    start: String,
    /// The download that is edited; `None` when adding.
    edited: Option<DownloadId>,
    /// The edited download is paused, and stays so unless the user resumes it.
    is_paused: bool,
    /// The new downloads do not start before they are resumed.
    adds_paused: bool,
    wants_focus: bool,
    /// Enter was pressed in the field of a single link.
    is_entered: bool,
    /// Path of an unfinished file of another program, as typed.
    unfinished: Option<String>,
    /// The links are mirrors of one file.
    are_mirrors: bool,
    lookups: MetadataLookups,
    /// The selected files of Metalinks.
    choice: MetalinkSelection,
}

impl AddForm {
    /// Creates a form for these links, one per line.
    pub(super) fn new(
        links: &str,
        options: TransferOptions,
        server: String,
        folder: String,
    ) -> Self {
        Self {
            links: link_input::split_lines(links).join("\n"),
            folder,
            name: String::new(),
            options,
            server,
            start: String::new(),
            edited: None,
            is_paused: false,
            adds_paused: false,
            wants_focus: true,
            is_entered: false,
            unfinished: None,
            are_mirrors: false,
            lookups: MetadataLookups::default(),
            choice: MetalinkSelection::default(),
        }
    }

    /// Creates a form that edits a download.
    pub fn edit(download: &DownloadSnapshot) -> Self {
        let path = download.path.as_deref();
        let folder = path.and_then(Path::parent).map(|p| p.display().to_string());
        let name = path
            .and_then(Path::file_name)
            .map(|n| n.to_string_lossy().into_owned());
        Self {
            name: name.unwrap_or_default(),
            edited: Some(download.id),
            start: download
                .start_at
                .map_or_else(String::new, start_time::typed),
            is_paused: download.state == DownloadState::Paused,
            ..Self::new(
                &download.source.full_link(),
                TransferOptions::from_download(download),
                String::new(),
                folder.unwrap_or_default(),
            )
        }
    }

    /// Returns the destination in the form in which it would be typed.
    fn save_to(&self, alone: bool) -> String {
        let folder = self.folder.trim();
        match (folder, self.name.trim()) {
            ("", _) => String::new(),
            (folder, name) if alone && !name.is_empty() => {
                Path::new(folder).join(name).display().to_string()
            }
            (folder, _) if folder.ends_with(['/', MAIN_SEPARATOR]) => folder.to_owned(),
            // A trailing slash marks a folder, even one that does not exist yet.
            (folder, _) => format!("{folder}{MAIN_SEPARATOR}"),
        }
    }

    /// Adds dropped or chosen links.
    pub fn add(&mut self, links: &str) {
        let old = self.links.trim_end().to_owned();
        let lines = link_input::split_lines(links);
        let lines = old.lines().map(str::to_owned).chain(lines);
        self.links = lines.collect::<Vec<_>>().join("\n");
    }

    /// Stores fetched metadata.
    pub fn metadata_fetched(&mut self, key: &str, result: Result<Metadata, String>) {
        self.lookups.finished(key, result);
    }
}

/// Draws the dialog. Returns whether to close it.
pub(super) fn ui(
    ui: &mut Ui,
    form: &mut AddForm,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) -> bool {
    let mut is_open = true;
    let mut is_done = false;
    let title = if form.edited.is_some() {
        "Edit download"
    } else {
        "Add downloads"
    };
    let room = ui.ctx().content_rect().size() - vec2(64.0, 96.0);
    modal::window(ui, egui::Id::unique("add downloads"), title)
        .open(&mut is_open)
        // Grows with the metadata, and keeps its buttons visible.
        .auto_sized()
        .show(ui.ctx(), |ui| {
            ui.set_width(WIDTH.min(room.x));
            ui.spacing_mut().item_spacing.y = 12.0;
            ScrollArea::vertical()
                .id_salt("form")
                .max_height(room.y - CONTROL - 12.0)
                .show(ui, |ui| form_ui(ui, form, context, actions));
            is_done = buttons_ui(ui, form, context, actions);
        });
    let escape = !Popup::is_any_open(ui.ctx())
        && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape));
    is_done || !is_open || escape
}

fn form_ui(
    ui: &mut Ui,
    form: &mut AddForm,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    links_ui(ui, form);
    if form.edited.is_none() && !pasted::is_command(&form.links) {
        link_patterns::ui(ui, form);
    }
    let lines = form.lines();
    if let Some(command) = form.command() {
        pasted_command::ui(ui, command.as_ref());
    } else {
        form.lookups
            .update(ui, &form.links, &lines, context.snapshot, actions);
        if !lines.is_empty() {
            found_ui(ui, form, &lines, context.snapshot);
        }
    }
    let is_command = pasted::is_command(&form.links);
    if form.edited.is_none() && !is_command && form.can_be_mirrors(&lines) {
        controls::checkbox(ui, &mut form.are_mirrors, "These are mirrors of one file")
            .on_hover_text("One download uses all of these servers, the faster ones more");
    }
    let alone = form.count(&lines) <= 1;
    unfinished_file::ui(ui, form);
    save_target::ui(ui, form, alone, context, actions);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        form.options.mode_and_count_ui(ui);
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        form.options.packets_ui(ui);
        rate_limit::ui(ui, "Speed limit", &mut form.options.limit);
        start_time::ui(ui, &mut form.start);
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        interfaces::ui(ui, &mut form.options.interfaces, "As in Settings");
        // Only Lanes servers emulate links.
        let is_lanes =
            |line: &Result<LinkInput, String>| matches!(line, Ok(input) if input.lanes_server().is_some());
        ui.add_enabled_ui(lines.iter().any(is_lanes), |ui| {
            form.options.link_ui(ui, LINK);
        });
    });
}

fn links_ui(ui: &mut Ui, form: &mut AddForm) {
    let words = if form.edited.is_some() {
        "Link"
    } else {
        "Links, one per line"
    };
    controls::group(ui, words, |ui, label| {
        let links = ScrollArea::vertical().max_height(96.0).show(ui, |ui| {
            // A download has one link, and Enter applies it.
            let field = match form.edited {
                Some(_) => TextEdit::singleline(&mut form.links),
                None => TextEdit::multiline(&mut form.links).desired_rows(3),
            };
            ui.add(
                field
                    .hint_text("https://…, lanes://host:port/name, a copied curl command, or the path of a .meta4 file")
                    .desired_width(f32::INFINITY)
                    .margin(vec2(8.0, 6.0)),
            )
            .labelled_by(label)
        });
        if std::mem::take(&mut form.wants_focus) {
            links.inner.request_focus();
            controls::place_cursor(ui, links.inner.id, form.links.chars().count());
        }
        let is_entered =
            links.inner.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        form.is_entered = is_entered && form.edited.is_some();
    });
}

/// Draws the metadata of each line.
fn found_ui(ui: &mut Ui, form: &mut AddForm, lines: &Lines, snapshot: &Snapshot) {
    // The height left by the fields below.
    let height = ui.ctx().content_rect().height() - 432.0;
    ScrollArea::vertical()
        .id_salt("looks")
        .max_height(height.clamp(96.0, 320.0))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 2.0;
            for line in lines.iter().take(metadata_lookups::MAX_LOOKUPS) {
                let (words, is_bad) = match line {
                    Ok(input) => {
                        if let Some(files) = form.lookups.metalink(&input.key()) {
                            form.choice.ui(ui, input, files);
                            continue;
                        }
                        form.lookups.status_line(input, snapshot)
                    }
                    Err(words) => (words.clone(), true),
                };
                let palette = Palette::of(ui);
                let colour = if is_bad { palette.bad } else { palette.text };
                ui.add(Label::new(RichText::new(visual(&words)).color(colour)).wrap());
                let unread = line.as_ref().ok().filter(|line| line.looks_like_metalink());
                if let Some(input) = unread.filter(|_| is_bad) {
                    form.choice.save_itself_ui(ui, input);
                }
            }
        });
}

fn buttons_ui(
    ui: &mut Ui,
    form: &mut AddForm,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) -> bool {
    let (good, bad) = form.split(form.lines(), context.snapshot);
    let words = match (form.edited, form.count(&good), bad.len()) {
        (Some(_), ..) => "Apply".to_owned(),
        (None, 0 | 1, 0) => "Start".to_owned(),
        (None, many, 0) => format!("Start {many}"),
        (None, many, bad) => format!("Start {many} · {bad} cannot"),
    };
    ui.horizontal(|ui| {
        let mut submit = controls::primary(ui, &words).clicked()
            || form.is_entered
            || ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, Key::Enter));
        if form.is_paused && controls::button(ui, "Apply and resume").clicked() {
            form.is_paused = false;
            submit = true;
        }
        if form.edited.is_none() {
            let paused = controls::button(ui, "Add paused");
            form.adds_paused = paused
                .on_hover_text("Add to the list without starting")
                .clicked();
            submit |= form.adds_paused;
        }
        if submit {
            match form.submit(context, actions) {
                Ok(is_done) => return is_done,
                Err(words) => actions.push(Action::ShowNote(Note::error(words))),
            }
        }
        let closes = controls::button(ui, "Cancel").clicked();
        if form.edited.is_none() {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let open = controls::button_if(ui, "Open Metalink…", !context.dialog_is_open);
                if open
                    .on_hover_text("Add the files listed in a .meta4 file on this computer")
                    .clicked()
                {
                    actions.push(Action::OpenDialog(Purpose::Metalink));
                }
                let resume = controls::button_if(
                    ui,
                    "Continue an unfinished file…",
                    !context.dialog_is_open,
                );
                if resume
                    .on_hover_text(
                        "Begin with what aria2, axel, lftp, ipull, curl, wget or a browser left",
                    )
                    .clicked()
                {
                    actions.push(Action::OpenDialog(Purpose::Unfinished));
                }
            });
        }
        closes
    })
    .inner
}
