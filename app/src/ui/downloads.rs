//! The Downloads screen: the form, the table and the details of the selected download.

mod add;
mod connections_tab;
mod detail;
mod details_tab;
mod download_action;
mod file_category;
mod form;
mod handed;
mod keys;
mod list;
mod list_counts;
mod live_picture;
mod log_tab;
mod move_dialog;
mod picture;
mod queue_drag;
mod running_limits;
mod selection;
mod side_list;
pub(crate) mod steady_rate;
mod table_and_detail;
mod table_filter;
mod table_rows;
mod tabs;
mod title_bar;
mod toolbar;
mod transfer_options;
mod welcome;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use eframe::egui::{self, ColorImage, Ui};

use super::link_input::LinkInput;
use super::message::{Action, Note};
use super::replay::Replay;
use super::sample_picture::SamplePicture;
use super::tokens::{self, LIST_ROW};
use super::widgets::count::Count;
use super::widgets::source_form::SourceForm;
use crate::{link_pattern, pasted};
use add::AddForm;
pub(crate) use file_category::FileCategory;
pub(crate) use keys::HELP;
use lanes_engine::{DownloadId, DownloadSnapshot, DownloadSpec, Snapshot};
use move_dialog::MoveForm;
use picture::Picture;
use selection::Selection;
use table_filter::{StateFilter, TableFilter};
use table_rows::TableRows;
use tabs::Tab;
use transfer_options::TransferOptions;
pub(crate) use transfer_options::packet_choice;

/// Maximum number of pictures kept as textures.
const PICTURES: usize = 8;

/// State of the screen.
pub(crate) struct State {
    /// Source of the next download.
    pub source: SourceForm,
    /// Destination of the next download; empty for the folder of the settings.
    pub save_to: String,
    options: TransferOptions,
    /// The user's choice to show or hide the options; `None` before the first.
    shows_options: Option<bool>,
    filter: TableFilter,
    table: TableRows,
    selection: Selection,
    /// A new download to select as soon as it is in the snapshot.
    pending_selection: Option<DownloadId>,
    /// Row of the cursor in the table.
    cursor_at: usize,
    /// Scrolls the table to the cursor in the next frame.
    follow_cursor: bool,
    /// Scroll offset of the table.
    offset: f32,
    /// Height of the rows after the splitter has been dragged.
    rows_height: Option<f32>,
    wants_filter: bool,
    tab: Tab,
    replay: Replay<DownloadId>,
    /// The Add or Edit dialog while it is open.
    pub add: Option<AddForm>,
    /// The dialog that moves a file, while it is open.
    pub move_form: Option<MoveForm>,
    pictures: BTreeMap<DownloadId, Picture>,
}

impl State {
    /// Creates the initial state: one click away from the first download.
    pub(crate) fn new(server: String, count: Count) -> Self {
        Self {
            // Receives the first paste.
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
            replay: Replay::default(),
            add: None,
            move_form: None,
            pictures: BTreeMap::new(),
        }
    }

    /// Sets the default number of connections.
    pub(crate) fn set_count(&mut self, count: Count) {
        self.options.count = count;
    }

    /// Selects a new download once it is in the snapshot.
    pub(crate) fn started(&mut self, id: DownloadId) {
        self.pending_selection = Some(id);
    }

    /// Returns whether the details of a download are visible.
    pub(crate) fn shows(&self, id: DownloadId) -> bool {
        let is_selected = self.selection.len() < 2 && self.selection.cursor() == Some(id);
        // A download may fail before it is in the snapshot, and so before it is selected.
        is_selected || self.pending_selection == Some(id)
    }

    /// Selects a download and clears the filter.
    pub(crate) fn show(&mut self, id: DownloadId) {
        self.filter.clear();
        self.pending_selection = Some(id);
    }

    /// Opens the Add dialog with these links.
    pub(crate) fn open_add(&mut self, links: &str) {
        let server = self.source.server.clone();
        self.add = Some(AddForm::new(
            links,
            self.options.clone(),
            server,
            String::new(),
        ));
    }

    /// Adds links, one per line, to the Add dialog; opens it if needed.
    pub(crate) fn add_to_form(&mut self, links: &str) {
        match &mut self.add {
            Some(form) => form.add(links),
            None => self.open_add(links),
        }
    }

    /// Opens the Edit dialog of a download.
    pub(crate) fn open_edit(&mut self, download: &DownloadSnapshot) {
        self.add = Some(AddForm::edit(download));
    }

    /// Opens the dialog that moves the file of a download.
    pub(crate) fn open_move(&mut self, download: &DownloadSnapshot) {
        self.move_form = MoveForm::new(download);
    }

    /// Returns the height of the rows if the user chose one.
    pub(crate) fn rows_height(&self) -> Option<f32> {
        self.rows_height
    }

    /// Restores the height of the rows.
    pub(crate) fn set_rows_height(&mut self, height: Option<f32>) {
        self.rows_height = height.filter(|height| height.is_finite() && *height >= LIST_ROW);
    }

    /// Shows the failed downloads only.
    pub(crate) fn show_failed(&mut self) {
        self.filter.clear();
        self.filter.show_state(StateFilter::Failed);
    }

    /// Moves the keyboard focus to the filter.
    pub(crate) fn focus_filter(&mut self) {
        self.wants_filter = true;
    }

    /// Stores a decoded picture.
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

    /// Starts the download of the form, or shows why it cannot start.
    pub(crate) fn download(&mut self, actions: &mut Vec<Action>) {
        let typed = self.source.name.trim().to_owned();
        let has_pattern = typed.contains("://") && link_pattern::expand(&typed).is_some();
        if has_pattern || pasted::is_command(&typed) {
            return self.open_add(&typed);
        }
        let input = LinkInput::parse(&typed, &self.source.server);
        if input.as_ref().is_ok_and(LinkInput::looks_like_metalink) {
            return self.open_add(&typed);
        }
        let request = input.and_then(LinkInput::into_source).and_then(|source| {
            self.options.apply_to(DownloadSpec {
                stop_at_metalink: true,
                ..DownloadSpec::new(source)
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

    /// Updates the table and the selection from a snapshot.
    fn update(&mut self, snapshot: &Snapshot) {
        if self.table.update(snapshot, &self.filter) {
            self.selection.reconcile(self.table.rows(), self.cursor_at);
        }
        // A download that was only just added is not in the snapshot yet.
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

    /// Returns the scroll offset that makes the cursor's row visible, if it must change.
    fn offset_for_cursor(&mut self, rows_height: f32) -> Option<f32> {
        if !std::mem::take(&mut self.follow_cursor) {
            return None;
        }
        // A key may have moved the cursor in this frame.
        self.find_cursor();
        let top = self.cursor_at as f32 * LIST_ROW;
        let lowest = (top + LIST_ROW - rows_height).max(0.0);
        let offset = self.offset.clamp(lowest.min(top), top);
        (offset != self.offset).then_some(offset)
    }
}

/// State of the rest of the program that the screen shows.
pub(crate) struct ScreenContext<'a> {
    /// The engine's state.
    pub snapshot: &'a Snapshot,
    /// The folder that files go to unless another one is typed.
    pub default_folder: &'a str,
    /// Recently used folders, the latest first.
    pub recent: &'a [String],
    /// A system file dialog is open.
    pub dialog_is_open: bool,
    /// Address of the local server and name of the link that it emulates by default, if there is one.
    pub local_link: Option<(SocketAddr, String)>,
    /// The sample picture.
    pub sample: &'a SamplePicture,
    /// The welcome view offers the race; `Some(true)` if it can start.
    pub race_offer: Option<bool>,
}

/// Draws the screen.
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
        welcome::ui(ui, state, context, actions);
    } else {
        table_and_detail::ui(ui, state, context, actions);
    }
    if let Some(mut form) = state.add.take()
        && !add::ui(ui, &mut form, context, actions)
    {
        state.add = Some(form);
    }
    if let Some(mut form) = state.move_form.take()
        && !move_dialog::ui(ui, &mut form, context, actions)
    {
        state.move_form = Some(form);
    }
}
