//! State of the schedule while the program runs.

use std::time::{Duration, Instant};

use crate::power::MachineAction;

/// Time for which the user can prevent what happens when all downloads are done.
const COUNTDOWN: Duration = Duration::from_secs(60);

/// Event after the last download, for this run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum WhenDone {
    #[default]
    Nothing,
    Quit,
    Machine(MachineAction),
}

impl WhenDone {
    /// All choices.
    pub(super) const ALL: [Self; 4] = [
        Self::Nothing,
        Self::Quit,
        Self::Machine(MachineAction::Sleep),
        Self::Machine(MachineAction::ShutDown),
    ];

    /// Returns its label.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Nothing => "Nothing",
            Self::Quit => "Quit Lanes",
            Self::Machine(MachineAction::Sleep) => "Sleep",
            Self::Machine(MachineAction::ShutDown) => "Shut down",
        }
    }

    /// Returns the beginning of the countdown.
    pub(super) fn announcement(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Quit => "All downloads are done: Lanes quits",
            Self::Machine(MachineAction::Sleep) => {
                "All downloads are done: this computer goes to sleep"
            }
            Self::Machine(MachineAction::ShutDown) => {
                "All downloads are done: this computer shuts down"
            }
        }
    }
}

/// A countdown after the last download.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Countdown {
    pub what: WhenDone,
    at: Instant,
}

impl Countdown {
    /// Returns the time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }
}

/// State of the schedule.
#[derive(Default)]
pub(crate) struct State {
    /// Chosen for the time when all downloads are done.
    pub when_done: WhenDone,
    pub countdown: Option<Countdown>,
    /// The user has started downloads outside of the hours; holds until the next hours begin.
    pub ignores_hours: bool,
    /// Words about the time until which downloads wait.
    pub waits_until: Option<String>,
}

impl State {
    /// Starts the countdown to what is chosen, if there is a choice.
    pub(crate) fn all_done(&mut self) {
        if self.when_done != WhenDone::Nothing && self.countdown.is_none() {
            self.countdown = Some(Countdown {
                what: self.when_done,
                at: Instant::now() + COUNTDOWN,
            });
        }
    }

    /// Ends the countdown with the next frame.
    pub(crate) fn hurry(&mut self) {
        if let Some(countdown) = &mut self.countdown {
            countdown.at = Instant::now();
        }
    }

    /// Stops the countdown. What was chosen is chosen no more.
    pub(crate) fn stop_countdown(&mut self) {
        (self.countdown, self.when_done) = (None, WhenDone::Nothing);
    }
}
