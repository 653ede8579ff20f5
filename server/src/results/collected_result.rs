//! One result of a class.

use std::net::IpAddr;

use lanes_shared::class_result::ClassResult;
use serde::{Deserialize, Serialize};

/// A result that the server keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectedResult {
    /// Number of the result, counted from 1.
    pub number: u64,
    /// Time of arrival in seconds since 1970.
    pub at_secs: u64,
    /// Address of the client.
    pub addr: IpAddr,
    /// The measurements.
    #[serde(flatten)]
    pub result: ClassResult,
}
