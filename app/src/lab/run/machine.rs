//! The computer on which an experiment ran.

use lanes_engine::one_line;
use serde::{Deserialize, Serialize};

/// Longest name of a system that is taken from a file, in characters.
const MAX_SYSTEM: usize = 40;

/// The computer on which an experiment ran; its times depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// Operating system and processor type; empty if unknown.
    pub system: String,
    /// Number of processors; 0 if unknown.
    pub processors: usize,
}

impl Machine {
    /// Returns this computer.
    pub fn here() -> Self {
        Self {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processors: std::thread::available_parallelism().map_or(0, usize::from),
        }
    }

    /// Returns the computer as a file names it, with a short name of one line.
    #[must_use]
    pub fn checked(self) -> Self {
        let system = one_line(&self.system).chars().take(MAX_SYSTEM).collect();
        Self { system, ..self }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.system)?;
        match self.processors {
            0 => Ok(()),
            1 => f.write_str(", 1 processor"),
            count => write!(f, ", {count} processors"),
        }
    }
}
