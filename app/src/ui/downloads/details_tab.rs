//! The facts of a download: links, places, digest.

use eframe::egui::{Grid, Label, ScrollArea, Ui};

use super::download_action::DownloadAction;
use crate::engine::{Check, DownloadSnapshot, DownloadState};
use crate::ui::format;
use crate::ui::message::Action;
use crate::ui::tokens::ROW;
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;

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
    row(ui, "Link", &download.source, true);
    if let Some(url) = &download.final_url {
        row(ui, "Leads to", url, true);
    }
    if let Some(path) = &download.path {
        let name = if download.state == DownloadState::Finished {
            "Saved as"
        } else {
            "To be saved as"
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
        row(ui, "Length", &words, false);
    }
    if let Some(digest) = download.digest {
        row(ui, "BLAKE3", &digest.to_string(), true);
    }
    row(ui, "Checked", &checked(download), false);
    for (name, value) in &download.validators {
        row(ui, name, value, true);
    }
    if let Some(modified) = download.modified {
        row(
            ui,
            "Changed at the server",
            &format::date_and_time(modified),
            false,
        );
    }
    row(
        ui,
        "Asked for",
        &format::date_and_time(download.added),
        false,
    );
    row(ui, "Mode", download.mode.name(), false);
    if let Some(most) = download.auto {
        let words = format!("found while it runs, at most {most}");
        row(ui, "Connections", &words, false);
    }
    if let Some(limit) = download.rate_limit {
        row(ui, "Speed limit", &format::rate(limit as f64), false);
    }
    for mirror in &download.mirrors {
        row(ui, "Mirror", mirror, true);
    }
    for notice in &download.notices {
        row(ui, "Note", notice, false);
    }
}

/// Whether the bytes are known to be right, and from whom.
fn checked(download: &DownloadSnapshot) -> String {
    let digests = download.checked.join(" and ");
    match (&download.state, &download.check) {
        (_, Check::Bad(_)) => "It was right when it came, and is not what came any more".to_owned(),
        (_, Check::Good) => format!("Its {digests} is right, also on the disk just now"),
        (DownloadState::Finished, _) if digests.is_empty() => {
            "Only its length: the server gives no digest".to_owned()
        }
        (DownloadState::Finished, _) => format!("Its {digests} is right"),
        (DownloadState::Checking, _) => "Being compared with what the server says of it".to_owned(),
        _ if is_lanes(download) => {
            "Each packet by its CRC-32C as it comes; the whole when it is here".to_owned()
        }
        _ => "Its length when it is here, and its digest if the server gives one".to_owned(),
    }
}

/// Whether it comes from a Lanes server, which gives checksums of everything.
fn is_lanes(download: &DownloadSnapshot) -> bool {
    download.source.starts_with("lanes://")
}

/// One fact; where it is worth copying, a button does.
fn row(ui: &mut Ui, name: &str, value: &str, copies: bool) {
    ui.label(controls::small(ui, name));
    ui.horizontal(|ui| {
        if copies && controls::small_icon_button(ui, Icon::Copy, &format!("Copy: {name}")).clicked()
        {
            ui.ctx().copy_text(value.to_owned());
        }
        ui.add(Label::new(value).selectable(true).truncate());
    });
    ui.end_row();
}
