//! Downloads: what to fetch, what is being fetched, and one of them in full.

mod add;
mod connections_tab;
mod detail;
mod details_tab;
mod download_action;
mod file_category;
mod form;
mod keys;
mod list;
mod log_tab;
mod picture;
mod selection;
mod table_filter;
mod table_rows;
mod tabs;
mod toolbar;
mod transfer_options;
mod welcome;

use std::collections::BTreeMap;

use eframe::egui::{self, ColorImage, ScrollArea, Ui, vec2};

use super::link_input::LinkInput;
use super::message::{Action, Note};
use super::tokens::{self, LIST_ROW};
use super::widgets::count::Count;
use super::widgets::source_form::SourceForm;
use super::widgets::splitter::{self, Drag};
use crate::engine::{DownloadId, DownloadSnapshot, Request, Snapshot};
use add::AddForm;
pub(crate) use keys::HELP;
use picture::Picture;
use selection::Selection;
use table_filter::TableFilter;
use table_rows::TableRows;
use tabs::Tab;
use transfer_options::TransferOptions;
pub(crate) use transfer_options::packet_choice;

/// How many pictures are kept ready to show.
const PICTURES: usize = 8;
/// The least height of the card with one download in full.
const LEAST_DETAIL: f32 = 264.0;

/// What the screen remembers.
pub(crate) struct State {
    /// Where the next file comes from.
    pub source: SourceForm,
    /// Where it is saved; empty for the folder of the settings.
    pub save_to: String,
    options: TransferOptions,
    /// Whether the options are shown, once somebody said so.
    shows_options: Option<bool>,
    filter: TableFilter,
    table: TableRows,
    selection: Selection,
    /// A download that has begun and is the one to look at as soon as it is there.
    pending_selection: Option<DownloadId>,
    /// Where the cursor was in the table.
    cursor_at: usize,
    /// Whether the table is to be scrolled to where the cursor is.
    follow_cursor: bool,
    /// How far the table is scrolled.
    offset: f32,
    /// The height of the rows, once somebody has dragged it.
    rows_height: Option<f32>,
    wants_filter: bool,
    tab: Tab,
    /// The window that adds, while it is open.
    pub add: Option<AddForm>,
    pictures: BTreeMap<DownloadId, Picture>,
}

impl State {
    /// The screen as it starts: one click from the first download.
    pub(crate) fn new(server: String, count: Count) -> Self {
        Self {
            // What is pasted first goes there.
            source: SourceForm {
                wants_focus: true,
                ..SourceForm::new(server, "Data.jpg")
            },
            save_to: String::new(),
            options: TransferOptions::new(count),
            shows_options: None,
            filter: TableFilter::default(),
            table: TableRows::default(),
            selection: Selection::default(),
            pending_selection: None,
            cursor_at: 0,
            follow_cursor: false,
            offset: 0.0,
            rows_height: None,
            wants_filter: false,
            tab: Tab::default(),
            add: None,
            pictures: BTreeMap::new(),
        }
    }

    /// Downloads come over so many connections unless another number is said.
    pub(crate) fn set_count(&mut self, count: Count) {
        self.options.count = count;
    }

    /// A download has begun: it is the one to look at.
    pub(crate) fn started(&mut self, id: DownloadId) {
        self.pending_selection = Some(id);
    }

    /// Whether a download is what the screen shows in full.
    pub(crate) fn shows(&self, id: DownloadId) -> bool {
        self.selection.len() < 2 && self.selection.cursor() == Some(id)
    }

    /// Shows a download in full.
    pub(crate) fn show(&mut self, id: DownloadId) {
        self.filter.clear();
        self.pending_selection = Some(id);
    }

    /// Opens the window that adds, with these links in it.
    pub(crate) fn open_add(&mut self, links: &str) {
        let server = self.source.server.clone();
        self.add = Some(AddForm::new(
            links,
            self.options.clone(),
            server,
            String::new(),
        ));
    }

    /// Adds these links, one a line, to those in the window that adds; opens it if it is not open.
    pub(crate) fn add_to_form(&mut self, links: &str) {
        match &mut self.add {
            Some(form) => form.add(links),
            None => self.open_add(links),
        }
    }

    /// Opens the window that changes a download.
    pub(crate) fn open_edit(&mut self, download: &DownloadSnapshot) {
        self.add = Some(AddForm::edit(download));
    }

    /// The keyboard goes to the filter.
    pub(crate) fn focus_filter(&mut self) {
        self.wants_filter = true;
    }

    /// A picture was read.
    pub(crate) fn show_picture(
        &mut self,
        ctx: &egui::Context,
        id: DownloadId,
        picture: Result<ColorImage, String>,
    ) {
        while self.pictures.len() > PICTURES {
            self.pictures.pop_first();
        }
        self.pictures.insert(id, Picture::ready(ctx, picture));
    }

    /// Asks for a download, or says why it cannot be.
    pub(crate) fn download(&mut self, actions: &mut Vec<Action>) {
        let typed = self.source.name.trim().to_owned();
        let input = LinkInput::parse(&typed, &self.source.server);
        if input.as_ref().is_ok_and(LinkInput::looks_like_metalink) {
            return self.open_add(&typed);
        }
        let request = input.and_then(LinkInput::into_source).and_then(|source| {
            self.options.apply_to(Request {
                stop_at_metalink: true,
                ..Request::new(source)
            })
        });
        match request {
            Ok(request) => {
                let save_to = self.save_to.trim().to_owned();
                actions.push(Action::Download(Box::new(request), save_to));
            }
            Err(words) => actions.push(Action::ShowNote(Note::error(words))),
        }
    }

    /// Brings the rows and what is chosen of them up to date.
    fn update(&mut self, snapshot: &Snapshot) {
        if self.table.update(snapshot, &self.filter) {
            self.selection.reconcile(self.table.rows(), self.cursor_at);
        }
        // One that was only just asked for is not there yet.
        let came = self
            .pending_selection
            .filter(|id| snapshot.download(*id).is_some());
        if let Some(id) = came {
            self.pending_selection = None;
            self.selection.choose(id);
            self.follow_cursor = true;
        }
        self.find_cursor();
    }

    fn find_cursor(&mut self) {
        let at = self
            .selection
            .cursor()
            .and_then(|id| self.table.position(id));
        self.cursor_at = at.unwrap_or(self.cursor_at);
    }

    /// Where the table must be scrolled to, for the row of the cursor to be seen.
    fn offset_for_cursor(&mut self, rows_height: f32) -> Option<f32> {
        if !std::mem::take(&mut self.follow_cursor) {
            return None;
        }
        // A key may have moved it in this very frame.
        self.find_cursor();
        let top = self.cursor_at as f32 * LIST_ROW;
        let lowest = (top + LIST_ROW - rows_height).max(0.0);
        let offset = self.offset.clamp(lowest.min(top), top);
        (offset != self.offset).then_some(offset)
    }
}

/// What the screen is told of the rest of the program.
pub(crate) struct ScreenContext<'a> {
    /// Everything the engine knows.
    pub snapshot: &'a Snapshot,
    /// Where a file goes unless another place is typed.
    pub default_folder: &'a str,
    /// Folders that were used before, the latest first.
    pub recent: &'a [String],
    /// Whether a dialog of the system is open.
    pub dialog_is_open: bool,
}

/// The screen.
pub(crate) fn ui(
    ui: &mut Ui,
    state: &mut State,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    let snapshot = context.snapshot;
    state.update(snapshot);
    keys::keys(ui, state, snapshot, actions);
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        form::ui(ui, state, context, actions);
    });
    if snapshot.downloads.is_empty() {
        welcome::ui(ui, state, snapshot, actions);
    } else {
        table_and_detail_ui(ui, state, snapshot, actions);
    }
    if let Some(mut form) = state.add.take()
        && !add::ui(ui, &mut form, context, actions)
    {
        state.add = Some(form);
    }
}

/// The table above, what is chosen of it beneath; what has no room is scrolled to.
fn table_and_detail_ui(
    ui: &mut Ui,
    state: &mut State,
    snapshot: &Snapshot,
    actions: &mut Vec<Action>,
) {
    let room = ui.available_height();
    ScrollArea::vertical()
        .id_salt("downloads")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let above = ui.cursor().top();
            tokens::card(ui).inner_margin(8).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 8.0;
                if toolbar::ui(ui, state, snapshot) {
                    state.open_add("");
                }
                let rows_height = rows_height(state, snapshot.downloads.len(), room);
                if state.table.rows().is_empty() {
                    let room = vec2(ui.available_width(), list::height(1));
                    ui.allocate_ui(room, |ui| ui.label("Nothing here is like that"));
                } else {
                    list::ui(ui, state, rows_height, actions);
                }
            });
            splitter_ui(ui, state, room);
            let left = room - (ui.cursor().top() - above);
            detail_ui(ui, state, snapshot, left.max(LEAST_DETAIL), actions);
        });
}

/// How high the rows are: as many as there are, until they take the detail's room.
fn rows_height(state: &State, count: usize, room: f32) -> f32 {
    let all = count.max(2) as f32 * LIST_ROW;
    let most = if room > 420.0 { 5.0 } else { 3.0 } * LIST_ROW;
    all.min(state.rows_height.unwrap_or(most))
}

/// The gap above the detail, which can be dragged to give the table more room or less.
fn splitter_ui(ui: &mut Ui, state: &mut State, room: f32) {
    let now = rows_height(state, state.table.rows().len(), room);
    match splitter::ui(ui) {
        Some(Drag::By(by)) => {
            let most = (room - LEAST_DETAIL).max(3.0 * LIST_ROW);
            state.rows_height = Some((now + by).clamp(2.0 * LIST_ROW, most));
        }
        Some(Drag::Reset) => state.rows_height = None,
        None => {}
    }
}

fn detail_ui(
    ui: &mut Ui,
    state: &mut State,
    snapshot: &Snapshot,
    height: f32,
    actions: &mut Vec<Action>,
) {
    let chosen: Vec<_> = state.selection.of(snapshot).cloned().collect();
    let Some(first) = chosen.first() else {
        return;
    };
    let margin = if height < 320.0 { 12 } else { 16 };
    let frame = tokens::card(ui).inner_margin(egui::Margin::symmetric(16, margin));
    frame.show(ui, |ui| {
        // The card's own margin is above and beneath.
        let room = vec2(ui.available_width(), height - 2.0 * f32::from(margin));
        ui.allocate_ui(room, |ui| {
            ui.set_min_size(room);
            if chosen.len() > 1 {
                detail::many_ui(ui, &chosen, actions);
            } else {
                detail::ui(ui, &mut state.tab, &mut state.pictures, first, actions);
            }
        });
    });
}
