//! Starts and stops the interface: both block.

use std::sync::Arc;

use lanes_engine::{Engine, Waker};

use crate::rpc::window::{Config, WakeSlot, WindowInterface, WindowSettings};
use crate::ui::background::Background;
use crate::ui::message::JobResult;

impl Background {
    /// Starts the interface for other programs.
    pub(crate) fn start_interface(
        &mut self,
        config: Config,
        engine: Arc<Engine>,
        settings: WindowSettings,
        wake_window: Waker,
        slot: WakeSlot,
    ) {
        self.run("interface-start", move || {
            let started =
                WindowInterface::start(config.clone(), engine, settings, wake_window, slot);
            let started = started.map(Box::new).map_err(|error| error.to_string());
            Some(JobResult::InterfaceStarted(started, config))
        });
    }

    /// Stops the interface for other programs.
    pub(crate) fn stop_interface(&mut self, interface: Box<WindowInterface>) {
        self.run("interface-stop", move || {
            drop(interface);
            Some(JobResult::InterfaceStopped)
        });
    }
}
