//! The details of one download, or the bulk actions for several.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use eframe::egui::{Label, RichText, Ui};
use lanes_shared::wire::Order;

use super::ScreenContext;
use super::download_action::DownloadAction;
use super::live_picture;
use super::picture::{self, Picture};
use super::running_limits;
use super::steady_rate;
use super::tabs::{self, Tab};
use super::title_bar;
use crate::lab::report::{bottleneck, label};
use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::message::Action;
use crate::ui::replay::{Moment, Replay, bar, is_replayable};
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;
use crate::ui::widgets::segment_map::segment_map;
use lanes_engine::{Check, Command, DownloadId, DownloadSnapshot, DownloadState, Mode, Recorded};

/// The user's choice of a view: tab, pictures and playhead.
pub(super) struct View<'a> {
    pub tab: &'a mut Tab,
    pub pictures: &'a mut BTreeMap<DownloadId, Picture>,
    pub replay: &'a mut Replay<DownloadId>,
}

/// Draws the details of a download.
pub(super) fn ui(
    ui: &mut Ui,
    view: View<'_>,
    download: &DownloadSnapshot,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    let low = ui.available_height() < 300.0;
    ui.spacing_mut().item_spacing.y = if low { 3.0 } else { 6.0 };
    let View {
        tab,
        pictures,
        replay,
    } = view;
    title_bar::ui(ui, download, actions);
    picture::ask(pictures, download, actions);
    if download.recorded == Recorded::Stored && download.timeline.is_empty() {
        actions.push(Action::Engine(Command::ReadRecording(download.id)));
    }
    let playhead = if is_replayable(download) {
        Some(replay.of(download.id))
    } else {
        replay.stop();
        None
    };
    let at = playhead.as_ref().and_then(|playhead| playhead.at());
    let replayed = at.map(|at| download.at(at));
    let moment = Moment {
        now: replayed.as_ref().unwrap_or(download),
        whole: &download.timeline,
    };
    let link = emulated_link(download, context.local_link.as_ref());
    let picture = pictures.get(&download.id);
    if live_picture::shows(download, picture) {
        ui.horizontal_top(|ui| {
            if live_picture::ui(ui, moment, picture, context.sample, actions) {
                DownloadAction::Open.run(ui, download, actions);
            }
            ui.add_space(8.0);
            ui.vertical(|ui| summary_ui(ui, moment.now, link.as_deref()));
        });
    } else {
        summary_ui(ui, moment.now, link.as_deref());
    }
    ui.add_space(2.0);
    let Some(playhead) = playhead else {
        tabs::ui(ui, tab, moment, actions);
        return;
    };
    bar::ui(ui, playhead, moment.whole);
    if let Some(at) = tabs::ui(ui, tab, moment, actions) {
        playhead.seek(at, moment.whole.until);
    }
}

/// Draws the bulk actions for several downloads.
pub(super) fn many_ui(
    ui: &mut Ui,
    chosen: &[std::sync::Arc<DownloadSnapshot>],
    actions: &mut Vec<Action>,
) {
    let all: u64 = chosen.iter().filter_map(|download| download.len).sum();
    let done: u64 = chosen.iter().map(|download| download.done).sum();
    let count = format::count(chosen.len(), "download");
    ui.label(RichText::new(format!("{count} selected")).heading());
    ui.label(format!("{} of {}", format::size(done), format::size(all)));
    ui.horizontal_wrapped(|ui| {
        running_limits::ui(ui, chosen.iter().map(std::sync::Arc::as_ref), actions);
        let able = able(chosen);
        for (action, count) in DownloadAction::BULK.into_iter().zip(able) {
            let words = format!("{} {count}", action.label());
            if count > 0 && controls::button(ui, &words).clicked() {
                let can = |download: &&std::sync::Arc<DownloadSnapshot>| {
                    DownloadAction::available_for(download).contains(&action)
                };
                for download in chosen.iter().filter(can) {
                    action.run(ui, download, actions);
                }
            }
        }
    });
}

/// Returns for each bulk action the number of downloads that it applies to.
fn able(chosen: &[std::sync::Arc<DownloadSnapshot>]) -> [usize; DownloadAction::BULK.len()] {
    let mut able = [0; DownloadAction::BULK.len()];
    for download in chosen {
        let available = DownloadAction::available_for(download);
        for (action, count) in DownloadAction::BULK.iter().zip(&mut able) {
            *count += usize::from(available.contains(action));
        }
    }
    able
}

/// Draws the headline, the progress and the segment map.
fn summary_ui(ui: &mut Ui, download: &DownloadSnapshot, link: Option<&str>) {
    ui.horizontal(|ui| {
        ui.label(controls::big(headline(download)));
        ui.add_space(8.0);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.add_space(4.0);
            ui.add(Label::new(progress_text(download)).truncate());
            // First: the path is longer than the window may be wide.
            let link = link.map_or_else(String::new, |link| format!("Over {link} · "));
            let words = link + &path_or_time_left(download);
            controls::truncated(ui, controls::small(ui, words));
        });
    });
    if let DownloadState::Failed(words) = &download.state {
        let words = format::capital(words);
        let words = RichText::new(visual(&words)).color(Palette::of(ui).bad);
        ui.add(Label::new(words).wrap());
    }
    if let Some(outage) = &download.outage {
        let words = RichText::new(format!("{outage}: {}", outage.reason));
        ui.add(Label::new(words.color(Palette::of(ui).warn)).wrap());
    }
    bottleneck_ui(ui, download);
    match &download.check {
        Check::Bad(words) => {
            let words = RichText::new(format::capital(words)).color(Palette::of(ui).bad);
            ui.add(Label::new(words).wrap());
        }
        Check::Good => {
            ui.colored_label(Palette::of(ui).good, "Re-verified: file unchanged");
        }
        Check::Running(share) => {
            ui.label(controls::small(
                ui,
                format!("Verifying: {}", format::percent(*share)),
            ));
        }
        Check::None => {}
    }
    if let Some(notice) = download.notices.last() {
        controls::truncated(ui, controls::small(ui, notice.as_str()));
    }
    // The map of an earlier program start is unknown.
    if !download.map.is_empty() || download.state.is_active() {
        segment_map(ui, download);
    }
}

/// Draws the cause that limits the download, with what would help as far as there is room. The line keeps its
/// place while the cause is not known yet.
fn bottleneck_ui(ui: &mut Ui, download: &DownloadSnapshot) {
    let is_slow = matches!(
        download.state,
        DownloadState::Running | DownloadState::Queued
    );
    if !is_slow || download.outage.is_some() {
        return;
    }
    let Some(cause) = &download.bottleneck else {
        ui.label(controls::small(ui, "Measuring what limits the rate"));
        return;
    };
    let line = bottleneck::line(cause);
    ui.add(Label::new(RichText::new(&line)).truncate())
        .on_hover_text(&line);
}

/// Returns the name of the link that the server emulates for a download: its own, or while it runs that of the
/// local server, given with the server's address.
fn emulated_link(
    download: &DownloadSnapshot,
    local: Option<&(SocketAddr, String)>,
) -> Option<String> {
    if let Some(link) = &download.link {
        return Some(label::link(link));
    }
    let server = download.source.lanes_server()?.to_string();
    let (_, name) = local.filter(|(address, _)| address.to_string() == server)?;
    let is_active = download.state.is_active();
    is_active.then(|| format!("{name}, the server's link"))
}

/// Returns the most relevant value of the current state.
fn headline(download: &DownloadSnapshot) -> String {
    match &download.state {
        _ if let Some(outage) = &download.outage => match outage.is_reached {
            true => "Waiting".to_owned(),
            false => "Unreachable".to_owned(),
        },
        DownloadState::Starting => "Connecting".to_owned(),
        DownloadState::Running => format::rate(steady_rate::rate(download)),
        DownloadState::Finished => format::time(download.elapsed),
        state => state.label().to_owned(),
    }
}

/// Returns the time left, or the destination path.
fn path_or_time_left(download: &DownloadSnapshot) -> String {
    match (&download.state, steady_rate::time_left(download)) {
        (DownloadState::Running, Some(left)) => format!("{} left", format::left(Some(left))),
        _ => match &download.path {
            Some(path) => visual(&path.display().to_string()).into_owned(),
            None => download.source.to_string(),
        },
    }
}

/// Describes the progress in one line.
fn progress_text(download: &DownloadSnapshot) -> String {
    let len = download
        .len
        .map_or_else(|| "an unknown size".to_owned(), format::size);
    let limit = download.rate_limit.map_or_else(String::new, |limit| {
        format!(" · limited to {}", format::rate(limit as f64))
    });
    let asked = match download.auto_limit {
        Some(most) if download.state == DownloadState::Queued => {
            format!("at most {}", format::count(most.into(), "connection"))
        }
        Some(_) => format!(
            "{} (auto)",
            format::count(download.target_connections.into(), "connection")
        ),
        None => format::count(download.target_connections.into(), "connection"),
    };
    let transfer_summary = transfer_summary(download);
    match &download.state {
        DownloadState::Finished => {
            // The connections of an earlier program start are not known.
            let opened = download.used_connections();
            let used = download.connections.iter().filter(|one| one.bytes > 0);
            let used = match used.count() {
                0 => String::new(),
                // A short file may be over before the others receive a byte.
                used if used < opened => format!(" over {used} of {opened} connections"),
                used => format!(" over {}", format::count(used, "connection")),
            };
            let checked = match &download.checked[..] {
                [] => ", not verified: the server gives no checksum".to_owned(),
                digests => format!(", verified ({})", digests.join(" and ")),
            };
            let secs = format::time(download.elapsed);
            format!("{len}{used} in {secs}{checked}{transfer_summary}")
        }
        DownloadState::Queued => format!("Queued: starts when another download ends · {asked}"),
        DownloadState::Starting => format!("Requesting the file over {asked}{transfer_summary}"),
        _ if download.len.is_none() => format!("No data received · {asked}{transfer_summary}"),
        _ => {
            let done = format::size(download.done);
            let resumed = match download.resumed {
                0 => String::new(),
                bytes => format!(" ({} from earlier)", format::size(bytes)),
            };
            format!("{done} of {len}{resumed} · {asked}{limit}{transfer_summary}")
        }
    }
}

/// Describes mode, packets and reconnects. Packets are known once a connection has agreed on them.
fn transfer_summary(download: &DownloadSnapshot) -> String {
    if download.connections.is_empty() && download.state == DownloadState::Finished {
        return String::new();
    }
    let packets = format::round_size(u64::from(download.packet_len));
    let order = match download.order {
        Order::InOrder => "",
        Order::Shuffled(_) => ", shuffled",
    };
    let retries = match download.retries {
        0 => String::new(),
        n => format!(" · {}", format::count(n as usize, "reconnect")),
    };
    match download.mode {
        Mode::Stream => format!(" · plain stream{retries}"),
        Mode::Packets | Mode::Parallel => format!(" · packets of {packets}{order}{retries}"),
    }
}
