//! The picture of a download while its packets arrive: with holes where packets are missing. Beside the
//! picture of shuffled packets stands the jumble in which they were received.

use std::time::Duration;

use eframe::egui::{Ui, Vec2};
use lanes_shared::packet::PacketPlan;
use lanes_shared::wire::Order;

use super::picture::{self, Picture};
use crate::ui::format;
use crate::ui::message::Action;
use crate::ui::replay::Moment;
use crate::ui::sample_picture::{Pixels, SamplePicture, is_sample};
use crate::ui::widgets::controls;
use crate::ui::widgets::packet_picture::part::{as_received, of_arrivals, of_map};
use crate::ui::widgets::packet_picture::{PacketPicture, fitted};
use lanes_engine::{DownloadSnapshot, DownloadState, Mode};

/// Most parts that a replayed picture is divided into.
const MAX_PARTS: u64 = 2048;

/// Draws the picture of a download, if it is one and something of it has arrived; returns whether the finished
/// picture was clicked.
pub(super) fn ui(
    ui: &mut Ui,
    moment: Moment<'_>,
    finished: Option<&Picture>,
    sample: &SamplePicture,
    actions: &mut Vec<Action>,
) -> bool {
    let download = moment.now;
    let pixels = match finished {
        Some(Picture::Ready(texture)) => Pixels::of(texture),
        _ if is_sample(download) => {
            if !sample.is_requested() {
                actions.push(Action::ReadSample);
            }
            sample.pixels()
        }
        _ => Pixels::UNKNOWN,
    };
    let size = fitted(picture::room(ui), pixels.aspect);
    let mut clicked = false;
    ui.horizontal_top(|ui| {
        let is_shuffled = received_ui(ui, moment, pixels, size);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            match finished {
                Some(Picture::Ready(texture)) if moment.playhead().is_some() => {
                    let room = picture::room(ui).min(texture.size_vec2());
                    replayed_ui(ui, download, pixels, fitted(room, pixels.aspect));
                }
                Some(picture @ (Picture::Ready(_) | Picture::Failed(_))) => {
                    clicked = picture.ui(ui, &download.name);
                }
                _ => sorted_ui(ui, download, pixels, size),
            }
            if is_shuffled {
                ui.label(controls::small(ui, "Sorted by packet number"));
            }
        });
    });
    clicked
}

/// Returns whether a download shows a picture: its name is that of one, and it has data or can have.
pub(super) fn shows(download: &DownloadSnapshot, finished: Option<&Picture>) -> bool {
    let has_data = !download.map.is_empty() && download.state != DownloadState::Cancelled;
    finished.is_some() || picture::is_name(&download.name) && has_data
}

/// Draws shuffled packets in the order in which they arrived; returns whether there are any.
fn received_ui(ui: &mut Ui, moment: Moment<'_>, pixels: Pixels, size: Vec2) -> bool {
    let download = moment.now;
    let is_shuffled = download.order != Order::InOrder && download.mode != Mode::Stream;
    let plan = PacketPlan::new(download.len.unwrap_or_default(), download.packet_len);
    let (true, Ok(plan)) = (is_shuffled && !download.timeline.arrivals.is_empty(), plan) else {
        return false;
    };
    let parts = as_received(
        &download.timeline,
        moment.playhead().unwrap_or(Duration::MAX),
        &plan,
    );
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let picture = PacketPicture {
            texture: pixels.texture,
            count: download.map.len(),
            parts: &parts,
            is_tinted: download.state != DownloadState::Finished,
        };
        let name = format!("Packets of {} in order of arrival", download.name);
        picture.ui(ui, size, &name);
        ui.label(controls::small(ui, "In order of arrival"));
    });
    true
}

/// Draws the packets that had arrived at the time of a replay.
fn replayed_ui(ui: &mut Ui, now: &DownloadSnapshot, pixels: Pixels, size: Vec2) {
    let plan = now
        .len
        .and_then(|len| PacketPlan::new(len, now.packet_len).ok());
    let parts = match &plan {
        // The packets of earlier attempts are only in the map.
        Some(plan) if now.resumed == 0 => of_arrivals(&now.timeline, now.timeline.until, plan),
        _ => of_map(&now.map),
    };
    let count = plan.map_or(now.map.len(), |plan| plan.count().min(MAX_PARTS) as usize);
    let picture = PacketPicture {
        texture: pixels.texture,
        count,
        parts: &parts,
        is_tinted: true,
    };
    let there = now.progress().map_or_else(String::new, format::percent);
    picture.ui(ui, size, &format!("Picture {}: {there} arrived", now.name));
}

fn sorted_ui(ui: &mut Ui, download: &DownloadSnapshot, pixels: Pixels, size: Vec2) {
    let picture = PacketPicture {
        texture: pixels.texture,
        count: download.map.len(),
        parts: &of_map(&download.map),
        is_tinted: download.state != DownloadState::Finished,
    };
    let share = format::percent(download.progress().unwrap_or_default());
    let name = format!("Arrived part of {}: {share}", download.name);
    let hint = match pixels.texture {
        Some(_) => "Each packet fills its place; its colour is that of its connection",
        None => {
            "Each packet fills its place in the colour of its connection; the pixels follow at the end"
        }
    };
    picture.ui(ui, size, &name).on_hover_text(hint);
}
