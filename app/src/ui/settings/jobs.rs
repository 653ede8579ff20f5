//! Writes settings that the system reads.

use crate::autostart;
use crate::ui::background::Background;
use crate::ui::message::JobResult;

impl Background {
    /// Starts the program at each login, or no longer.
    pub(crate) fn set_autostart(&mut self, is_on: bool, is_minimized: bool) {
        self.run("autostart", move || {
            let error = autostart::set(is_on, is_minimized).err()?;
            let words = format!("The start at login was not changed: {error}");
            Some(JobResult::Failed(words))
        });
    }
}
