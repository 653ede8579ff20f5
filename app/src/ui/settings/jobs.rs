//! Writes what the system and browsers read: the start at login, and the native messaging host.

use crate::autostart;
use crate::browsers::Integration;
use crate::ui::background::Background;
use crate::ui::format;
use crate::ui::message::{BrowsersChange, JobResult};

impl Background {
    /// Connects browsers to this program, or disconnects them.
    pub(crate) fn connect_browsers(&mut self, connects: bool) {
        self.run("browsers", move || {
            let changed = Integration::of_user().and_then(|integration| match connects {
                true => integration.connect(&[]).map(BrowsersChange::Connected),
                false => integration.disconnect().map(BrowsersChange::Disconnected),
            });
            Some(match changed {
                Ok(change) => JobResult::Browsers(change),
                Err(error) => JobResult::Failed(format::capital(&error.to_string())),
            })
        });
    }

    /// Starts the program at each login, or no longer.
    pub(crate) fn set_autostart(&mut self, is_on: bool, is_minimized: bool) {
        self.run("autostart", move || {
            let error = autostart::set(is_on, is_minimized).err()?;
            let words = format!("The start at login was not changed: {error}");
            Some(JobResult::Failed(words))
        });
    }
}
