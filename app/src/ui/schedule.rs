//! Times of the queue, and what happens after downloads: settings, state, and the bar above the screens.

mod bar;
mod hours_ui;
mod jobs;
mod settings;
mod settings_card;
mod state;

pub(crate) use bar::ui as bar_ui;
pub(crate) use settings::ScheduleSettings;
pub(crate) use settings_card::ui as settings_ui;
pub(crate) use state::{State, WhenDone};
