//! The jobs of a class.

use std::path::PathBuf;
use std::sync::Arc;

use lanes_engine::{CancelToken, ServerName};
use lanes_os::interface;
use lanes_server::ResultCollection;
use lanes_shared::class_result::ClassResult;

use super::Background;
use crate::ui::format;
use crate::ui::message::JobResult;

impl Background {
    /// Opens the list of results of a class, which is saved in `file` if there is one.
    pub(crate) fn open_results(&mut self, file: Option<PathBuf>) {
        self.run("results-open", move || {
            let opened = match file {
                None => Ok(ResultCollection::in_memory()),
                Some(file) => ResultCollection::open(file),
            };
            let opened = opened
                .map(Arc::new)
                .map_err(|error| format!("Cannot collect results: {error}"));
            Some(JobResult::ResultsOpened(opened))
        });
    }

    /// Sends results to the servers of a class.
    pub(crate) fn send_results(
        &mut self,
        results: Vec<(ServerName, ClassResult)>,
        cancel: CancelToken,
    ) {
        self.run("results-send", move || {
            let count = format::count(results.len(), "result");
            let send = |(server, result): &(ServerName, ClassResult)| {
                lanes_engine::send_result(server, result, &cancel)
                    .map_err(|error| format!("The result was not sent to {server}: {error}"))
            };
            let outcome = results.iter().try_for_each(send).map(|()| {
                let server = results.first().map(|(server, _)| server.to_string());
                format!("{count} sent to {}", server.unwrap_or_default())
            });
            Some(JobResult::ResultsSent(outcome))
        });
    }

    /// Reads the addresses of this machine.
    pub(crate) fn read_addresses(&mut self) {
        self.run("addresses", || {
            let found = interface::lan_addresses().map_err(|error| error.to_string());
            Some(JobResult::Addresses(found))
        });
    }
}
