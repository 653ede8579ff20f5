//! Sends the result of an experiment to the server of a class.

use clap::Args;
use lanes_engine::{CancelToken, SendResultError, Source, send_result};

use crate::cli::failure::Failure;
use crate::cli::terminal;
use crate::lab::Experiment;
use crate::lab::export::to_class_result;

/// The arguments of a class.
#[derive(Debug, Args)]
pub(super) struct SendArgs {
    /// Send the result to the server of the file, for its class: name, file, link, and for each value the
    /// number of runs, median and spread; no paths, no host names
    #[arg(long)]
    send_results: bool,
    /// Name to send with the result
    #[arg(long, value_name = "NAME", requires = "send_results")]
    name: Option<String>,
}

impl SendArgs {
    /// Checks before the experiment, which may take long, that its server can take the result.
    pub(super) fn check(&self, source: &Source) -> Result<(), Failure> {
        match self.send_results && source.lanes_server().is_none() {
            true => Err(Failure::usage(
                "--send-results needs a file of a Lanes server",
            )),
            false => Ok(()),
        }
    }

    /// Sends the result of a finished experiment, if the user asked for it.
    pub(super) fn send(
        &self,
        experiment: &Experiment,
        cancel: &CancelToken,
    ) -> Result<(), Failure> {
        if !self.send_results {
            return Ok(());
        }
        let name = self.name.as_deref().unwrap_or_default();
        let Some((server, result)) = to_class_result(experiment, name) else {
            return Err(Failure::failed("no run was successful: nothing to send"));
        };
        match send_result(&server, &result, cancel) {
            Ok(()) => {
                let from = match result.name.as_str() {
                    "" => String::new(),
                    name => format!(" as {name}"),
                };
                terminal::print_error(&format!("Result sent to {server}{from}"));
                Ok(())
            }
            Err(SendResultError::Cancelled) => {
                let words = "Interrupted: the result was not sent";
                Err(Failure::Interrupted(words.to_owned()))
            }
            Err(error) => Err(Failure::failed(format!("cannot send the result: {error}"))),
        }
    }
}
