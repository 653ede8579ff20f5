//! Runs programs after downloads.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::power::MachineAction;
use crate::ui::background::Background;
use crate::ui::message::JobResult;

impl Background {
    /// Starts a program.
    pub(crate) fn run_program(&mut self, program: String, args: Vec<OsString>) {
        self.run("command", move || {
            let mut command = Command::new(&program);
            command.args(args).stdin(Stdio::null());
            let started = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            Some(match started {
                Ok(child) => JobResult::ProgramStarted(program, child),
                Err(error) => {
                    let words = format!("The command after a download failed: {program}: {error}");
                    JobResult::Failed(words)
                }
            })
        });
    }

    /// Puts the machine to sleep or shuts it down.
    pub(crate) fn change_machine(&mut self, action: MachineAction) {
        self.run("machine", move || {
            let error = action.run().err()?;
            let words = format!("This computer does not do what was chosen: {error}");
            Some(JobResult::Failed(words))
        });
    }
}
