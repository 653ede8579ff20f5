//! What there is to see of one download, one thing at a time.

use eframe::egui::Ui;

use super::{connections_tab, details_tab, log_tab};
use crate::engine::{DownloadSnapshot, Mode};
use crate::ui::message::Action;
use crate::ui::widgets::arrivals::arrivals;
use crate::ui::widgets::controls;
use crate::ui::widgets::rate_chart::rate_chart;
use crate::ui::widgets::time_lines::time_lines;

/// What is shown of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tab {
    #[default]
    Connections,
    TimeLines,
    Rate,
    /// The rate again, but what each connection brought of it.
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
            Self::Shares => "Shares",
            Self::Packets => "Packets",
            Self::Log => "Log",
            Self::Details => "Details",
        }
    }

    /// What is seen there, in one line.
    fn description(self, mode: Mode) -> &'static str {
        match (self, mode) {
            (Self::TimeLines, _) => {
                "hatched: connecting · thin: waiting · solid: receiving · low: stalled · arrow: took work there"
            }
            (Self::Rate, _) => "all connections together",
            (Self::Shares, _) => "each connection upon those before it",
            (Self::Packets, Mode::Stream) => {
                "when each part came, and where in the file it belongs: a plain stream is in order"
            }
            (Self::Packets, Mode::Packets) => {
                "when each packet came, and where in the file it belongs: shuffled is a cloud, in order is a line"
            }
            (Self::Packets, Mode::Parallel) => {
                "when each packet came, and where in the file it belongs: a line for each connection"
            }
            (Self::Connections | Self::Log | Self::Details, _) => "",
        }
    }

    /// Whether it is drawn from the time lines.
    fn needs_timeline(self) -> bool {
        matches!(
            self,
            Self::TimeLines | Self::Rate | Self::Shares | Self::Packets
        )
    }
}

/// The tabs and what the chosen one shows, in the room there is.
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
        ui.label(controls::small(
            ui,
            "Nothing is kept of this attempt; what a new one does is seen here",
        ));
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
