//! Lists of downloads as files: opens and writes them.

mod card;
mod jobs;

pub(crate) use card::ui as settings_ui;
