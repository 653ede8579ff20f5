//! One of the two downloads of a race: its clock, its picture and its connections.

use std::time::Duration;

use eframe::egui::{Align, Color32, Label, Layout, RichText, Sense, Ui, Vec2, vec2};

use crate::lab::race::{Racer, RacerState};
use crate::ui::format;
use crate::ui::sample_picture::Pixels;
use crate::ui::tokens::{self, BIG, Palette, SMALL, STEP};
use crate::ui::widgets::packet_picture::part::{Part, of_map};
use crate::ui::widgets::packet_picture::{PacketPicture, fitted};
use lanes_engine::one_line;

/// Least height.
pub(super) const LEAST: f32 = 240.0;
/// Height of the card without the picture.
const FRAME: f32 = 2.0 * MARGIN + HEAD + LINE + FOOT + 3.0 * STEP;
/// Margin of the card.
const MARGIN: f32 = 16.0;
/// Height of the line of the file in the colours of its connections.
const LINE: f32 = 8.0;
/// Height of the clock.
const HEAD: f32 = 36.0;
/// Height of the line below the picture.
const FOOT: f32 = 16.0;
/// Side of the mark of a connection.
const MARK: f32 = 10.0;

/// Draws a download in a card of the width of `room`, as high as its picture needs, but not higher than `room`.
pub(super) fn ui(ui: &mut Ui, room: Vec2, connections: u16, racer: Option<&Racer>, pixels: Pixels) {
    let inner = vec2(room.x - 2.0 * MARGIN, (room.y - FRAME).max(80.0));
    let size = fitted(inner, pixels.aspect);
    let card = vec2(room.x, size.y + FRAME);
    ui.allocate_ui_with_layout(card, Layout::top_down(Align::Min), |ui| {
        tokens::card(ui).show(ui, |ui| {
            ui.set_width(inner.x);
            ui.spacing_mut().item_spacing.y = STEP;
            head_ui(ui, inner.x, connections, racer);
            ui.vertical_centered(|ui| picture_ui(ui, size, connections, racer, pixels));
            foot_ui(ui, inner.x, racer);
        });
    });
}

/// Draws the clock and the connections with their colours.
fn head_ui(ui: &mut Ui, width: f32, connections: u16, racer: Option<&Racer>) {
    ui.allocate_ui_with_layout(
        vec2(width, HEAD),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_size(vec2(width, HEAD));
            let is_finished =
                racer.is_some_and(|racer| matches!(racer.state, RacerState::Finished(..)));
            let colour = if is_finished {
                Palette::of(ui).good
            } else {
                Palette::of(ui).text
            };
            let clock = RichText::new(clock(racer)).monospace().size(BIG);
            ui.label(clock.color(colour));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                for number in (1..=connections).rev() {
                    mark(ui, Palette::of(ui).lane(number));
                }
                let words = format::count(connections.into(), "connection");
                ui.label(RichText::new(words).heading());
            });
        },
    );
}

/// Draws a square in the colour of a connection.
pub(super) fn mark(ui: &mut Ui, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(MARK, MARK), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, colour);
}

/// Returns the time of a download so far, or of its end.
fn clock(racer: Option<&Racer>) -> String {
    let so_far = |racer: &Racer| racer.download.as_ref().map(|download| download.elapsed);
    let time = racer.and_then(|racer| match racer.state {
        RacerState::Finished(time, _) => Some(time),
        _ => so_far(racer),
    });
    let time = time.unwrap_or(Duration::ZERO);
    format!("{:.2} s", time.as_secs_f64())
}

fn picture_ui(ui: &mut Ui, size: Vec2, connections: u16, racer: Option<&Racer>, pixels: Pixels) {
    let download = racer.and_then(|racer| racer.download.as_ref());
    let is_finished = racer.is_some_and(|racer| matches!(racer.state, RacerState::Finished(..)));
    let parts: Vec<Part> = download.map_or_else(Vec::new, |download| of_map(&download.map));
    let share = download.and_then(|download| download.progress());
    let name = format!(
        "Picture over {}: {}",
        format::count(connections.into(), "connection"),
        format::percent(share.unwrap_or_default())
    );
    let picture = PacketPicture {
        texture: pixels.texture,
        count: download.map_or(1, |download| download.map.len()),
        parts: &parts,
        is_tinted: !is_finished,
    };
    picture.ui(ui, size, &name);
    // The finished picture has no colours any more.
    let line = PacketPicture {
        texture: None,
        count: 1,
        parts: &parts,
        is_tinted: true,
    };
    let name = format!("Line of the file in the colours of its connections: {connections}");
    line.ui(ui, vec2(size.x, LINE), &name);
}

/// Draws the progress, or the reason of a failure.
fn foot_ui(ui: &mut Ui, width: f32, racer: Option<&Racer>) {
    let palette = Palette::of(ui);
    let (words, colour) = match racer.map(|racer| (&racer.state, &racer.download)) {
        None => (String::new(), palette.weak),
        Some((RacerState::Failed(reason), _)) => (format::capital(&one_line(reason)), palette.bad),
        Some((RacerState::Cancelled, _)) => ("Cancelled".to_owned(), palette.weak),
        Some((RacerState::TooLong, _)) => ("Ended after 30 s".to_owned(), palette.warn),
        Some((RacerState::Finished(..), Some(download))) => {
            let size = format::size(download.len.unwrap_or_default());
            let digests = download.checked.join(" and ");
            (format!("{size}, verified ({digests})"), palette.good)
        }
        Some((_, Some(download))) if download.len.is_some() => {
            let size = format::size(download.len.unwrap_or_default());
            let (done, rate) = (format::size(download.done), format::rate(download.rate));
            (format!("{done} of {size} · {rate}"), palette.weak)
        }
        Some(_) => ("Connecting".to_owned(), palette.weak),
    };
    ui.allocate_ui_with_layout(
        vec2(width, FOOT),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_size(vec2(width, FOOT));
            ui.add(Label::new(RichText::new(words).size(SMALL).color(colour)).truncate());
        },
    );
}
