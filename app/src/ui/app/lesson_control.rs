//! Carries out the actions of the Lessons screen.

use super::{LanesApp, Screen};
use crate::lab::plan::starter_experiment::PACKET_LEN;
use crate::ui::message::LessonAction;
use crate::ui::paths::expand_home;

impl LanesApp {
    pub(super) fn lesson(&mut self, action: LessonAction) {
        match action {
            LessonAction::Run(request) => self.background.run_lesson(request),
            LessonAction::Open(typed) => self.background.read_lesson(expand_home(&typed)),
            LessonAction::Compare(link, file) => {
                let server = self.server.reached_at().to_string();
                self.compare.form.propose(server, &file, &link, PACKET_LEN);
                self.screen = Screen::Compare;
            }
        }
    }
}
