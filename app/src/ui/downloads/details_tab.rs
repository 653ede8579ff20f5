//! The Details tab: links, paths, checksums and other metadata.

use eframe::egui::{Grid, Label, ScrollArea, Ui};

use super::download_action::DownloadAction;
use crate::lab::report::ways;
use crate::ui::format;
use crate::ui::message::Action;
use crate::ui::tokens::ROW;
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;
use lanes_engine::{Check, DownloadSnapshot, DownloadState, Source, one_line};

pub(super) fn ui(ui: &mut Ui, download: &DownloadSnapshot, actions: &mut Vec<Action>) {
    ScrollArea::vertical()
        .id_salt(("details", download.id.0))
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                for action in DownloadAction::available_for(download) {
                    let stands_elsewhere = action.is_prominent();
                    if !stands_elsewhere && controls::button(ui, action.label()).clicked() {
                        action.run(ui, download, actions);
                    }
                }
            });
            Grid::new(("about", download.id.0))
                .num_columns(2)
                .spacing([24.0, 2.0])
                .min_row_height(ROW)
                .show(ui, |ui| rows(ui, download));
        });
}

fn rows(ui: &mut Ui, download: &DownloadSnapshot) {
    link_row(ui, "Link", &download.source);
    if let Some(url) = &download.final_url {
        row(ui, "Redirects to", url, true);
    }
    if let Some(path) = &download.path {
        let name = if download.state == DownloadState::Finished {
            "Saved as"
        } else {
            "Will be saved as (numbered if the name is taken)"
        };
        row(ui, name, &path.display().to_string(), true);
    }
    if let Some(len) = download.len {
        let packets = len.div_ceil(u64::from(download.packet_len.max(1)));
        let words = format!(
            "{} in {} of {}",
            format::bytes_in_full(len),
            if packets == 1 {
                "1 packet".to_owned()
            } else {
                format!("{} packets", format::grouped(packets))
            },
            format::round_size(u64::from(download.packet_len))
        );
        row(ui, "Size", &words, false);
    }
    if let Some(digest) = download.digest {
        row(ui, "BLAKE3", &digest.to_string(), true);
    }
    row(ui, "Integrity", &integrity(download), false);
    for (name, value) in &download.validators {
        row(ui, name, value, true);
    }
    if let Some(modified) = download.modified {
        row(
            ui,
            "Modified on server",
            &format::date_and_time(modified),
            false,
        );
    }
    if let Some(start) = download.start_at {
        row(ui, "Starts", &format::date_and_time(start), false);
    }
    row(ui, "Added", &format::date_and_time(download.added), false);
    row(ui, "Mode", download.mode.name(), false);
    if let Some(most) = download.auto_limit {
        let words = format!("automatic, at most {most}");
        row(ui, "Connections", &words, false);
    }
    if let Some(limit) = download.rate_limit {
        row(ui, "Speed limit", &format::rate(limit as f64), false);
    }
    if !download.sends.is_empty() {
        row(ui, "Sends", &download.sends.join(", "), false);
    }
    for way in &download.ways {
        let fetched = download.done.saturating_sub(download.resumed);
        let words = ways::line(way, fetched, download.elapsed);
        row(ui, "Interface", &words, false);
    }
    for mirror in &download.mirrors {
        link_row(ui, "Mirror", mirror);
    }
    for notice in &download.notices {
        row(ui, "Note", notice, false);
    }
}

/// Describes how the file was or will be verified.
fn integrity(download: &DownloadSnapshot) -> String {
    let digests = download.checked.join(" and ");
    match (&download.state, &download.check) {
        (_, Check::Bad(_)) => {
            "Verified when downloaded; the file on disk has changed since".to_owned()
        }
        (_, Check::Good) => format!("{digests} verified, re-checked on disk"),
        (DownloadState::Finished, _) if digests.is_empty() => {
            "Size only: the server gives no checksum".to_owned()
        }
        (DownloadState::Finished, _) => format!("{digests} verified"),
        (DownloadState::Verifying, _) => "Verifying".to_owned(),
        _ if is_lanes(download) => {
            "Every packet on arrival (CRC-32C), the whole file at the end (BLAKE3)".to_owned()
        }
        _ => "Size at the end, and the checksum if the server gives one".to_owned(),
    }
}

/// Returns whether the source is a Lanes server, which provides all checksums.
fn is_lanes(download: &DownloadSnapshot) -> bool {
    download.source.lanes_server().is_some()
}

/// Draws the row of a link: shown without its secrets, copied with them.
fn link_row(ui: &mut Ui, name: &str, link: &Source) {
    row_copying(ui, name, &link.to_string(), Some(&link.full_link()));
}

/// Draws one row; `copies` adds a copy button.
fn row(ui: &mut Ui, name: &str, value: &str, copies: bool) {
    row_copying(ui, name, value, copies.then_some(value));
}

/// Draws one row, with a button that copies `copied`, if given.
fn row_copying(ui: &mut Ui, name: &str, value: &str, copied: Option<&str>) {
    ui.label(controls::small(ui, name));
    ui.horizontal(|ui| {
        if let Some(copied) = copied
            && controls::small_icon_button(ui, Icon::Copy, &format!("Copy: {name}")).clicked()
        {
            ui.ctx().copy_text(copied.to_owned());
        }
        // Validators and names come from servers.
        ui.add(Label::new(one_line(value)).selectable(true).truncate());
    });
    ui.end_row();
}
