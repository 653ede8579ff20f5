//! The tabs of a download's details.

use eframe::egui::Ui;

use super::{connections_tab, details_tab, log_tab};
use crate::ui::message::Action;
use crate::ui::widgets::arrivals::arrivals;
use crate::ui::widgets::controls;
use crate::ui::widgets::rate_chart::rate_chart;
use crate::ui::widgets::time_lines::time_lines;
use lanes_engine::{DownloadSnapshot, Mode};

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

    /// Returns whether the tab needs the recorded timeline.
    fn needs_timeline(self) -> bool {
        matches!(
            self,
            Self::TimeLines | Self::Rate | Self::Shares | Self::Packets
        )
    }
}

/// Draws the tab bar and the selected tab.
pub(super) fn ui(
    ui: &mut Ui,
    tab: &mut Tab,
    download: &DownloadSnapshot,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        let tabs = Tab::ALL.map(|tab| (tab, tab.label().to_owned(), tab.label().to_owned()));
        controls::chips(ui, tab, tabs);
        controls::truncated(ui, controls::small(ui, tab.description(download.mode)));
    });
    if tab.needs_timeline() && download.timeline.is_empty() {
        ui.add_space(8.0);
        ui.label(controls::small(ui, "Nothing recorded for this attempt"));
        return;
    }
    match tab {
        Tab::Connections => connections_tab::ui(ui, download),
        Tab::TimeLines => time_lines(ui, download),
        Tab::Rate => rate_chart(ui, download, false),
        Tab::Shares => rate_chart(ui, download, true),
        Tab::Packets => arrivals(ui, download),
        Tab::Log => log_tab::ui(ui, download),
        Tab::Details => details_tab::ui(ui, download, actions),
    }
}
