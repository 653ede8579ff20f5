//! Downloads: what to fetch, what is being fetched, and one of them in full.

mod connections;
mod detail;
mod form;
mod list;
mod picture;
mod welcome;

use std::collections::BTreeMap;

use eframe::egui::{self, ColorImage, ScrollArea, Ui};
use lanes_shared::packet::DEFAULT_PACKET_LEN;
use lanes_shared::wire::Order;

use super::app::Action;
use super::tokens;
use super::widgets::source_form::SourceForm;
use crate::engine::{DEFAULT_CONNECTIONS, Destination, DownloadId, Mode, Request, Snapshot};
pub(crate) use form::packet_choice;
use picture::Picture;

/// How many pictures are kept ready to show.
const PICTURES: usize = 8;

/// What the screen remembers.
pub(crate) struct State {
    /// Where the next file comes from.
    pub source: SourceForm,
    /// Where it is saved; empty for the folder of the settings.
    pub save_to: String,
    mode: Mode,
    connections: u16,
    packet_len: u32,
    shuffled: bool,
    selected: Option<DownloadId>,
    pictures: BTreeMap<DownloadId, Picture>,
}

impl State {
    /// The screen as it starts: one click from the first download.
    pub(crate) fn new(server: String) -> Self {
        Self {
            // What is pasted first goes there.
            source: SourceForm {
                wants_focus: true,
                ..SourceForm::new(server, "Data.jpg")
            },
            save_to: String::new(),
            mode: Mode::Parallel,
            connections: DEFAULT_CONNECTIONS,
            packet_len: DEFAULT_PACKET_LEN,
            shuffled: false,
            selected: None,
            pictures: BTreeMap::new(),
        }
    }

    /// A download has begun: it is the one to look at.
    pub(crate) fn started(&mut self, id: DownloadId) {
        self.selected = Some(id);
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

    /// What was asked for.
    ///
    /// # Errors
    /// In words.
    fn request(&self) -> Result<Request, String> {
        let request = Request {
            destination: Destination::Desktop,
            mode: self.mode,
            connections: self.mode.connections(self.connections),
            packet_len: self.packet_len,
            order: if self.shuffled && self.mode != Mode::Stream {
                Order::Shuffled(seed())
            } else {
                Order::InOrder
            },
            ..Request::new(self.source.source()?)
        };
        request.check()?;
        Ok(request)
    }

    /// Asks for a download, or says why it cannot be.
    pub(crate) fn download(&mut self, actions: &mut Vec<Action>) {
        match self.request() {
            Ok(request) => {
                let save_to = self.save_to.trim().to_owned();
                actions.push(Action::Download(Box::new(request), save_to));
            }
            Err(words) => actions.push(Action::Say(super::app::Note::bad(words))),
        }
    }
}

/// A number that differs from call to call.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

/// The screen. `saves_in` says where a file goes unless another place is typed.
pub(crate) fn ui(
    ui: &mut Ui,
    state: &mut State,
    snapshot: &Snapshot,
    saves_in: &str,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        form::ui(ui, state, snapshot, saves_in, dialog_is_open, actions);
    });
    if snapshot.downloads.is_empty() {
        welcome::ui(ui, state, snapshot, actions);
        return;
    }
    // One that was only just asked for is not there yet; one that was removed is not there any more.
    let newest = snapshot.downloads.last().map(|download| download.id);
    if state.selected <= newest
        && state
            .selected
            .is_none_or(|id| snapshot.download(id).is_none())
    {
        state.selected = newest;
    }
    ScrollArea::vertical()
        .id_salt("downloads")
        .auto_shrink(false)
        .show(ui, |ui| {
            let most_rows = if ui.available_height() > 420.0 { 5 } else { 3 };
            tokens::card(ui).inner_margin(8).show(ui, |ui| {
                ui.set_width(ui.available_width());
                list::ui(ui, &mut state.selected, snapshot, most_rows);
            });
            if let Some(download) = state.selected.and_then(|id| snapshot.download(id)) {
                tokens::card(ui).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    detail::ui(ui, &mut state.pictures, download, actions);
                });
            }
        });
}
