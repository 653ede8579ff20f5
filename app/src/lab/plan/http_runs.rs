//! The part of a plan that concerns HTTP servers: the choice to fetch the file over HTTP/3 too, and the
//! options of the requests.

use std::path::PathBuf;

use lanes_engine::HttpOptions;
use serde::{Deserialize, Serialize};

/// Decides whether each round also fetches the file over one HTTP/3 connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Http3Choice {
    /// No.
    #[default]
    Never,
    /// If the server offers HTTP/3 in `Alt-Svc`.
    Offered,
    /// Also if the server does not say that it speaks HTTP/3.
    Always,
}

impl Http3Choice {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Never, Self::Offered, Self::Always];

    /// Returns the name, as in the arguments of `lanes compare`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Offered => "offered",
            Self::Always => "always",
        }
    }
}

/// The part of a plan that concerns HTTP servers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpRuns {
    /// The choice to compare one connection over HTTP/3 too.
    pub http3: Http3Choice,
    /// PEM file of the certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Set to skip TLS certificate verification.
    pub insecure: bool,
}

impl HttpRuns {
    /// Returns the options of all requests.
    pub(crate) fn options(&self) -> HttpOptions {
        HttpOptions {
            ca_file: self.ca_file.clone(),
            insecure: self.insecure,
            ..HttpOptions::default()
        }
    }
}
