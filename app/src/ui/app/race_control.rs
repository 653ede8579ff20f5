//! Starts, ends and leaves the race.

use super::{LanesApp, Screen};
use crate::lab::race::{FILE, LINK, PACKET_LEN, Race};
use crate::ui::message::{Action, RaceAction};

impl LanesApp {
    pub(super) fn race(&mut self, action: RaceAction) {
        match action {
            RaceAction::Start => {
                self.settings.offers_race = false;
                self.screen = Screen::Race;
                self.dispatch(vec![Action::ReadSample]);
                self.start_race();
            }
            RaceAction::Cancel => self.race.cancel(),
            RaceAction::Close => self.screen = Screen::Downloads,
            RaceAction::Dismiss => self.settings.offers_race = false,
            RaceAction::Compare => {
                let server = self.server.reached_at().to_string();
                let link = LINK.profile();
                self.compare.form.propose(server, FILE, &link, PACKET_LEN);
                self.screen = Screen::Compare;
            }
        }
    }

    /// Starts a race, unless one runs or the local server does not.
    fn start_race(&mut self) {
        if self.race.is_running() || !self.local_server.is_running() {
            return;
        }
        let server = match self.server.reached_at().to_string().parse() {
            Ok(server) => server,
            Err(error) => return self.race.fail(&format!("{error}")),
        };
        match Race::start(&server, &self.repaint.waker()) {
            Ok(race) => {
                if let Some(before) = self.race.begin(race) {
                    self.background.end_race(before);
                }
            }
            Err(error) => self.race.fail(&error.to_string()),
        }
    }

    /// Updates the race; one that is not seen any more is cancelled.
    pub(super) fn update_race(&mut self) {
        if self.screen != Screen::Race {
            self.race.cancel();
        }
        if let Some(over) = self.race.update() {
            self.background.end_race(over);
        }
    }
}
