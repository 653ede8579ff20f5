//! Links to begin with, each of which teaches one thing.

use super::{Link, LinkProfile};

/// A ready-made link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// What to type: kebab-case.
    pub id: &'static str,
    /// What to show.
    pub name: &'static str,
    /// What it teaches, in one line.
    pub teaches: &'static str,
    /// The profile.
    pub toml: &'static str,
}

/// Every preset, in the order to show them.
pub const PRESETS: [Preset; 8] = [
    Preset {
        id: "throttled-mirror",
        name: "Throttled mirror",
        teaches: "A cap per connection: more connections help until they fill the link, at 25",
        toml: "rate_mbit = 50\nrtt_ms = 40\nper_connection_mbit = 2\n",
    },
    Preset {
        id: "long-fat-pipe",
        name: "Long fat pipe",
        teaches: "A small window and a long round trip: each connection brings window ÷ round trip",
        toml: "rate_mbit = 100\nrtt_ms = 150\nwindow_kib = 64\n",
    },
    Preset {
        id: "lossy-transatlantic",
        name: "Lossy transatlantic",
        teaches: "Random loss holds every connection down by 1/√p, but not their sum",
        toml: "rate_mbit = 100\nrtt_ms = 100\nloss_percent = 0.1\n",
    },
    Preset {
        id: "busy-home-link",
        name: "Busy home link",
        teaches: "More connections take a larger share, at the cost of the others on the link",
        toml: "rate_mbit = 20\nrtt_ms = 50\nbackground_flows = 4\n",
    },
    Preset {
        id: "clean-cable",
        name: "Clean cable",
        teaches: "One connection fills the link; more connections do nothing",
        toml: "rate_mbit = 5\nrtt_ms = 28\n",
    },
    Preset {
        id: "slow-4g",
        name: "Slow 4G",
        teaches: "Too many connections for a short buffer lose each other's packets",
        toml: "rate_mbit = 1.6\nrtt_ms = 150\n",
    },
    Preset {
        id: "grumpy-server",
        name: "Grumpy server",
        teaches: "A server takes only so many connections, and each costs it time",
        toml: "rate_mbit = 50\nrtt_ms = 40\nper_connection_mbit = 5\nmax_connections = 8\naccept_ms = 30\n",
    },
    Preset {
        id: "open-loopback",
        name: "Open loopback",
        teaches: "No link is emulated: what a plain simulator would show",
        toml: "",
    },
];

impl Preset {
    /// Its profile.
    pub fn profile(&self) -> LinkProfile {
        // Each of them is read by a test.
        LinkProfile::from_toml(self.toml).unwrap_or_default()
    }

    /// Its profile, checked.
    pub fn link(&self) -> Link {
        Link::from_checked(&self.profile())
    }
}

/// The preset with this id.
pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.id == id)
}
