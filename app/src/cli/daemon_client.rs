//! Calls the interface of a running `lanes serve`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::failure::Failure;
use crate::rpc::daemon_file::{self, DaemonFile};

/// Longest time for a call.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest response, in bytes.
const MAX_RESPONSE: u64 = 256 << 20;

/// Reason why a call fails.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("no home folder to look for a daemon in: give --state")]
    NoHome,
    #[error("no daemon is running for {}: start one with lanes serve", .0.display())]
    NotRunning(PathBuf),
    #[error("the daemon at {address} does not answer: {reason}; start one with lanes serve")]
    NoAnswer { address: String, reason: String },
    #[error("the daemon's answer is not understood")]
    Answer,
    #[error("{0}")]
    Refused(String),
}

/// The daemon to speak to.
#[derive(Debug, Default, Args)]
pub struct DaemonArgs {
    /// Folder of the daemon's state, as given to lanes serve
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

impl DaemonArgs {
    /// Finds the running daemon.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn connect(&self) -> Result<DaemonClient, Failure> {
        self.connect_within(TIMEOUT)
    }

    /// Finds the running daemon. A call takes at most `timeout`.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn connect_within(&self, timeout: Duration) -> Result<DaemonClient, Failure> {
        let folder = self.state.clone().or_else(daemon_file::default_folder);
        let folder = folder.ok_or_else(|| Failure::usage(CallError::NoHome))?;
        let file = DaemonFile::read(&folder).map_err(|error| unreadable(&folder, &error))?;
        let file = file.ok_or_else(|| Failure::failed(CallError::NotRunning(folder)))?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(timeout));
        Ok(DaemonClient {
            file,
            agent: config.build().new_agent(),
        })
    }
}

fn unreadable(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!(
        "cannot read the daemon's file in {}: {error}",
        folder.display()
    ))
}

/// Returns the daemon with the default state folder if it runs. A call takes at most `timeout`.
pub(super) fn running(timeout: Duration) -> Option<DaemonClient> {
    let daemon = DaemonArgs::default().connect_within(timeout).ok()?;
    // A daemon that was killed leaves its file.
    daemon.call("aria2.getVersion", &[]).ok()?;
    Some(daemon)
}

/// A connection to a running daemon.
pub(super) struct DaemonClient {
    file: DaemonFile,
    agent: ureq::Agent,
}

impl DaemonClient {
    /// Calls a method and returns its result.
    ///
    /// # Errors
    /// The daemon does not answer, or refuses the call.
    pub(super) fn call(&self, method: &str, params: &[Value]) -> Result<Value, Failure> {
        self.post_call(method, &self.with_token(params))
    }

    /// Calls a method once for each list of parameters, in one request.
    ///
    /// # Errors
    /// The daemon does not answer, or refuses one of the calls; the others have their effect.
    pub(super) fn call_each(&self, method: &str, params: &[[Value; 2]]) -> Result<(), Failure> {
        let call = |params: &[Value; 2]| json!({ "methodName": method, "params": self.with_token(params) });
        let calls: Vec<Value> = params.iter().map(call).collect();
        // Each call within has its own token.
        let results = self.post_call("system.multicall", &[calls.into()])?;
        let mut results = results.as_array().into_iter().flatten();
        match results.find_map(|result| result["message"].as_str()) {
            Some(message) => Err(Failure::failed(CallError::Refused(message.to_owned()))),
            None => Ok(()),
        }
    }

    fn with_token(&self, params: &[Value]) -> Vec<Value> {
        let secret = self.file.secret.iter();
        let token = secret.map(|secret| format!("token:{secret}").into());
        token.chain(params.iter().cloned()).collect()
    }

    fn post_call(&self, method: &str, params: &[Value]) -> Result<Value, Failure> {
        let call = json!({ "jsonrpc": "2.0", "id": "lanes", "method": method, "params": params });
        let answer = self.post(&call.to_string()).map_err(|error| {
            Failure::failed(CallError::NoAnswer {
                address: self.file.address.to_string(),
                reason: error.to_string(),
            })
        })?;
        let mut answer: Value =
            serde_json::from_str(&answer).map_err(|_| Failure::failed(CallError::Answer))?;
        if let Some(message) = answer["error"]["message"].as_str() {
            return Err(Failure::failed(CallError::Refused(message.to_owned())));
        }
        Ok(answer["result"].take())
    }

    fn post(&self, body: &str) -> Result<String, ureq::Error> {
        let url = format!("http://{}/jsonrpc", self.file.address);
        let mut response = self.agent.post(url).send(body)?;
        response
            .body_mut()
            .with_config()
            .limit(MAX_RESPONSE)
            .read_to_string()
    }
}
