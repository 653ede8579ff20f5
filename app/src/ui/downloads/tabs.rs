//! The tabs of a download's details.

use std::time::Duration;

use eframe::egui::Ui;

use super::{connections_tab, details_tab, log_tab};
use crate::ui::message::Action;
use crate::ui::replay::Moment;
use crate::ui::widgets::arrivals::arrivals;
use crate::ui::widgets::controls;
use crate::ui::widgets::rate_chart::rate_chart;
use crate::ui::widgets::time_lines::time_lines;
use lanes_engine::{DownloadSnapshot, Mode, Recorded};

/// A tab of a download's details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tab {
    #[default]
    Connections,
    TimeLines,
    Rate,
    /// The rate by connection, stacked.
    Shares,
    Packets,
    Log,
    Details,
}

impl Tab {
    const ALL: [Self; 7] = [
        Self::Connections,
        Self::TimeLines,
        Self::Rate,
        Self::Shares,
        Self::Packets,
        Self::Log,
        Self::Details,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Connections => "Connections",
            Self::TimeLines => "Time lines",
            Self::Rate => "Rate",
            Self::Shares => "Stacked rate",
            Self::Packets => "Packets",
            Self::Log => "Log",
            Self::Details => "Details",
        }
    }

    /// Describes the content of the tab in one line.
    fn description(self, mode: Mode) -> &'static str {
        match (self, mode) {
            (Self::TimeLines, _) => {
                "Hatched: connecting · thin: waiting · solid: receiving · low: stalled · lid: held by your limit · arrow: stole work"
            }
            (Self::Rate, _) => "All connections together",
            (Self::Shares, _) => "Stacked: rate of each connection",
            (Self::Packets, Mode::Stream) => {
                "Position in the file against arrival time: a plain stream gives a line"
            }
            (Self::Packets, Mode::Packets) => {
                "Packet number against arrival time: shuffled gives a cloud, in order a line"
            }
            (Self::Packets, Mode::Parallel) => {
                "Packet number against arrival time: one line per connection"
            }
            (Self::Connections | Self::Log | Self::Details, _) => "",
        }
    }
}

/// Draws the tab bar and the selected tab. Returns the time at which a plot over time is pressed.
pub(super) fn ui(
    ui: &mut Ui,
    tab: &mut Tab,
    moment: Moment<'_>,
    actions: &mut Vec<Action>,
) -> Option<Duration> {
    let download = moment.now;
    ui.horizontal(|ui| {
        let tabs = Tab::ALL.map(|tab| (tab, tab.label().to_owned(), tab.label().to_owned()));
        controls::chips(ui, tab, tabs);
        controls::truncated(ui, controls::small(ui, tab.description(download.mode)));
    });
    if let Some(missing) = missing(*tab, download) {
        ui.add_space(8.0);
        ui.label(controls::small(ui, missing));
        return None;
    }
    match tab {
        Tab::Connections => connections_tab::ui(ui, download),
        Tab::TimeLines => return time_lines(ui, moment),
        Tab::Rate => return rate_chart(ui, moment, false),
        Tab::Shares => return rate_chart(ui, moment, true),
        Tab::Packets => return arrivals(ui, moment),
        Tab::Log => log_tab::ui(ui, download),
        Tab::Details => details_tab::ui(ui, download, actions),
    }
    None
}

/// Tells why a tab has nothing to show.
fn missing(tab: Tab, download: &DownloadSnapshot) -> Option<String> {
    let is_empty = match tab {
        Tab::Connections => download.connections.is_empty(),
        Tab::Log => download.log.is_empty(),
        Tab::Details => false,
        _ => download.timeline.is_empty(),
    };
    if !is_empty {
        return None;
    }
    Some(match &download.recorded {
        Recorded::Stored | Recorded::Reading => "Reading the recording".to_owned(),
        Recorded::Unreadable(reason) => {
            format!("The recording of this download cannot be read: {reason}")
        }
        Recorded::Absent | Recorded::Loaded => "Nothing recorded for this download".to_owned(),
    })
}
