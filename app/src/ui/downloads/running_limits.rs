//! Speed limit, connections and priority of downloads, changed while they run.

use eframe::egui::{Popup, PopupCloseBehavior, Response, Ui};

use crate::ui::message::Action;
use crate::ui::widgets::count::Count;
use crate::ui::widgets::{controls, rate_limit};
use lanes_engine::{
    Command, ConnectionChoice, DownloadSnapshot, DownloadState, Mode, OptionChange, Priority,
};

/// Label of the button that shows the options.
pub(super) const LABEL: &str = "Limits";

/// Returns whether the options of a download can be changed.
pub(super) fn apply_to(download: &DownloadSnapshot) -> bool {
    let is_over = matches!(
        download.state,
        DownloadState::Finished | DownloadState::Cancelled
    );
    !is_over && !download.state.is_ending()
}

/// Draws the button, and the options below it while they are shown.
pub(super) fn ui<'a>(
    ui: &mut Ui,
    downloads: impl Iterator<Item = &'a DownloadSnapshot>,
    actions: &mut Vec<Action>,
) {
    let downloads: Vec<_> = downloads.filter(|download| apply_to(download)).collect();
    let Some(first) = downloads.first() else {
        return;
    };
    let button = controls::button(ui, LABEL)
        .on_hover_text("Speed limit, connections and priority, also while it runs");
    let mut changes = Vec::new();
    popup_ui(&button, first, &mut changes);
    for change in changes {
        let commands = downloads
            .iter()
            .map(|one| Command::SetOption(one.id, change));
        actions.extend(commands.map(Action::Engine));
    }
}

fn popup_ui(button: &Response, first: &DownloadSnapshot, changes: &mut Vec<OptionChange>) {
    Popup::menu(button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 12.0;
            ui.set_min_width(320.0);
            options_ui(ui, first, changes);
        });
}

fn options_ui(ui: &mut Ui, first: &DownloadSnapshot, changes: &mut Vec<OptionChange>) {
    let typed = first.rate_limit.map_or_else(String::new, rate_limit::typed);
    let mut limit = typed.clone();
    rate_limit::confirmed_ui(ui, "Speed limit of this download", &mut limit);
    if let (true, Ok(limit)) = (limit != typed, rate_limit::parse(&limit)) {
        changes.push(OptionChange::RateLimit(limit));
    }
    if first.mode == Mode::Parallel {
        let before = count_of(first);
        let mut count = before;
        count.ui(ui);
        if (count.auto, count.number()) != (before.auto, before.number()) {
            changes.push(OptionChange::Connections(ConnectionChoice {
                count: count.number(),
                auto: count.auto,
            }));
        }
    }
    controls::group(ui, "Priority", |ui, _| {
        let mut priority = first.priority;
        let all = Priority::ALL.map(|priority| {
            let words = priority.label().to_owned();
            let name = format!("{words} priority");
            (priority, words, name)
        });
        if controls::chips(ui, &mut priority, all) {
            changes.push(OptionChange::Priority(priority));
        }
    });
}

/// Returns the number of connections that a download is set to.
fn count_of(download: &DownloadSnapshot) -> Count {
    download.auto_limit.map_or_else(
        || Count::exactly(download.target_connections),
        Count::at_most,
    )
}
