//! Other programs that add and steer downloads over aria2's JSON-RPC: the settings, the running interface, and the
//! question before a download of a program without a token.

mod jobs;
mod question_bar;
mod settings;
mod settings_card;
mod state;

pub(crate) use question_bar::ui as questions_ui;
pub(crate) use settings::InterfaceSettings;
pub(crate) use settings_card::ui as settings_ui;
pub(crate) use state::{State, Step};
