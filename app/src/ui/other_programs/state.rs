//! The interface while the program runs: off, running, or between the two.

use crate::rpc::window::{Config, WindowInterface};

/// State of the interface.
#[derive(Default)]
pub(crate) enum State {
    #[default]
    Off,
    /// A background job starts or stops it.
    Changing,
    /// It runs with this configuration.
    Running(Box<WindowInterface>, Config),
    /// It could not start with this configuration, for this reason.
    Failed(String, Config),
}

/// The next thing to do, so that the interface becomes as the settings say.
pub(crate) enum Step {
    Start(Config),
    Stop(Box<WindowInterface>),
}

impl State {
    /// Returns the running interface.
    pub(crate) fn running(&self) -> Option<&WindowInterface> {
        match self {
            Self::Running(interface, _) => Some(interface),
            _ => None,
        }
    }

    /// Takes over the outcome of a start.
    pub(crate) fn started(
        &mut self,
        outcome: Result<Box<WindowInterface>, String>,
        config: Config,
    ) {
        *self = match outcome {
            Ok(interface) => Self::Running(interface, config),
            Err(reason) => Self::Failed(reason, config),
        };
    }

    /// Takes over that it has stopped.
    pub(crate) fn stopped(&mut self) {
        *self = Self::Off;
    }

    /// Returns the next step towards `wanted`, which is `None` for off. The step is under way then.
    pub(crate) fn step(&mut self, wanted: Option<Config>) -> Option<Step> {
        match (std::mem::replace(self, Self::Changing), wanted) {
            (Self::Running(interface, config), wanted) if wanted.as_ref() == Some(&config) => {
                *self = Self::Running(interface, config);
                None
            }
            (Self::Running(interface, _), _) => Some(Step::Stop(interface)),
            (Self::Failed(reason, config), wanted) if wanted.as_ref() == Some(&config) => {
                *self = Self::Failed(reason, config);
                None
            }
            (Self::Off | Self::Failed(..), Some(wanted)) => Some(Step::Start(wanted)),
            (Self::Off | Self::Failed(..), None) => {
                *self = Self::Off;
                None
            }
            (Self::Changing, _) => None,
        }
    }
}
