//! One download in full.

use std::collections::BTreeMap;

use eframe::egui::{Align, Label, Layout, RichText, Ui};
use lanes_shared::size;
use lanes_shared::wire::Order;

use super::connections;
use super::list::colour_of;
use super::picture::{self, Picture};
use crate::engine::{Command, DownloadId, DownloadSnapshot, DownloadState, Mode};
use crate::ui::app::Action;
use crate::ui::format;
use crate::ui::tokens::Palette;
use crate::ui::widgets::bar::bar;
use crate::ui::widgets::controls;
use crate::ui::widgets::segment_map::segment_map;

pub(super) fn ui(
    ui: &mut Ui,
    pictures: &mut BTreeMap<DownloadId, Picture>,
    download: &DownloadSnapshot,
    actions: &mut Vec<Action>,
) {
    title_ui(ui, download, actions);
    if let DownloadState::Failed(words) = &download.state {
        ui.add(Label::new(RichText::new(words).color(Palette::of(ui).bad)).wrap());
        if download.len.is_none() {
            // Nothing came, so there is nothing else to show.
            ui.label(controls::small(
                ui,
                "Change the file or the server above and download again, or retry",
            ));
            return;
        }
    }
    picture::ask(pictures, download, actions);
    match pictures.get(&download.id) {
        Some(picture) => {
            ui.horizontal_top(|ui| {
                picture.ui(ui, &download.name);
                ui.add_space(8.0);
                ui.vertical(|ui| summary_ui(ui, download));
            });
        }
        None => summary_ui(ui, download),
    }
    if !download.connections.is_empty() {
        ui.add_space(4.0);
        connections::ui(ui, download);
    }
}

/// The name, and what can be done.
fn title_ui(ui: &mut Ui, download: &DownloadSnapshot, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        // First the buttons, at the right: the name has what is left.
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            buttons_ui(ui, download, actions);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                controls::truncated(ui, RichText::new(&download.name).heading());
            });
        });
    });
}

fn buttons_ui(ui: &mut Ui, download: &DownloadSnapshot, actions: &mut Vec<Action>) {
    let id = download.id;
    let mut order = |ui: &mut Ui, words: &str, command: Command| {
        if controls::button(ui, words).clicked() {
            actions.push(Action::Engine(command));
        }
    };
    match &download.state {
        DownloadState::Starting | DownloadState::Running | DownloadState::Checking => {
            order(ui, "Cancel", Command::Cancel(id));
            order(ui, "Pause", Command::Pause(id));
        }
        DownloadState::Waiting | DownloadState::Paused => {
            order(ui, "Cancel", Command::Cancel(id));
            order(ui, "Resume", Command::Resume(id));
        }
        DownloadState::Failed(_) => {
            order(ui, "Remove", Command::Remove(id));
            order(ui, "Retry", Command::Resume(id));
        }
        DownloadState::Finished | DownloadState::Cancelled => {
            order(ui, "Remove", Command::Remove(id));
        }
    }
    if let (DownloadState::Finished, Some(path)) = (&download.state, &download.path) {
        if controls::button(ui, "Open folder").clicked() {
            actions.push(Action::OpenFolderOf(path.clone()));
        }
        if controls::button(ui, "Open").clicked() {
            actions.push(Action::Open(path.clone()));
        }
    }
}

/// The big number, the bar, the facts, the map.
fn summary_ui(ui: &mut Ui, download: &DownloadSnapshot) {
    ui.horizontal(|ui| {
        ui.label(controls::big(big_words(download)));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add(Label::new(controls::small(ui, side_words(download))).wrap());
        });
    });
    let name = format!("Progress of {}", download.name);
    bar(
        ui,
        &name,
        download.progress(),
        colour_of(ui, &download.state),
    );
    ui.label(facts(download));
    if let Some(path) = &download.path {
        let path = path.display().to_string();
        controls::truncated(ui, controls::small(ui, path));
    }
    for notice in &download.notices {
        ui.add(Label::new(controls::small(ui, notice.as_str())).wrap());
    }
    ui.add_space(4.0);
    segment_map(ui, download);
}

/// The one number that matters now.
fn big_words(download: &DownloadSnapshot) -> String {
    match &download.state {
        DownloadState::Starting => "Connecting".to_owned(),
        DownloadState::Running => format::rate(download.rate),
        DownloadState::Finished => format::time(download.elapsed),
        state => state.word().to_owned(),
    }
}

fn side_words(download: &DownloadSnapshot) -> String {
    match download.state {
        DownloadState::Running => match download.left {
            Some(_) => format!("{} left", format::left(download.left)),
            None => String::new(),
        },
        _ => String::new(),
    }
}

/// What happened so far, in a sentence.
fn facts(download: &DownloadSnapshot) -> String {
    let len = download
        .len
        .map_or_else(|| "an unknown size".to_owned(), size::si);
    let asked = format::count(usize::from(download.asked), "connection");
    let how = how(download);
    match &download.state {
        DownloadState::Finished => {
            let used = match download.connections.len() {
                0 => asked,
                used => format::count(used, "connection"),
            };
            let checked = if download.digest.is_some() {
                ", checked (BLAKE3)"
            } else {
                ""
            };
            let secs = format::time(download.elapsed);
            format!("{len} over {used} in {secs}{checked}{how}")
        }
        DownloadState::Starting => format!("Asking for the file over {asked}{how}"),
        _ => {
            let done = size::si(download.done);
            let resumed = match download.resumed {
                0 => String::new(),
                bytes => format!(", {} of them from before", size::si(bytes)),
            };
            format!("{done} of {len}{resumed} over {asked}{how}")
        }
    }
}

fn how(download: &DownloadSnapshot) -> String {
    let packets = format::round_size(u64::from(download.packet_len));
    let order = match download.order {
        Order::InOrder => "",
        Order::Shuffled(_) => ", shuffled",
    };
    let retries = match download.retries {
        0 => String::new(),
        n => format!(" · {}", format::count(n as usize, "new connection")),
    };
    match download.mode {
        Mode::Stream => format!(" · plain stream{retries}"),
        Mode::Packets | Mode::Parallel => format!(" · packets of {packets}{order}{retries}"),
    }
}
