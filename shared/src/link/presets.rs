//! Predefined links, each of which demonstrates one effect.

use super::{Link, LinkProfile};

/// A predefined link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Id for the command line, in kebab-case.
    pub id: &'static str,
    /// Name for display.
    pub name: &'static str,
    /// Effect that it demonstrates, in one line.
    pub teaches: &'static str,
    /// Profile.
    pub toml: &'static str,
}

/// All presets, in display order.
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
        teaches: "A small window and a long round trip: each connection gets window ÷ round trip",
        toml: "rate_mbit = 100\nrtt_ms = 150\nwindow_kib = 64\n",
    },
    Preset {
        id: "lossy-transatlantic",
        name: "Lossy transatlantic",
        teaches: "Random loss limits each connection in proportion to 1/√p, but not their total",
        toml: "rate_mbit = 100\nrtt_ms = 100\nloss_percent = 0.1\n",
    },
    Preset {
        id: "busy-home-link",
        name: "Busy home link",
        teaches: "More connections get a larger share, at the expense of other traffic",
        toml: "rate_mbit = 20\nrtt_ms = 50\nbackground_flows = 4\n",
    },
    Preset {
        id: "clean-cable",
        name: "Clean cable",
        teaches: "One connection fills the link; more connections do not help",
        toml: "rate_mbit = 5\nrtt_ms = 28\n",
    },
    Preset {
        id: "slow-4g",
        name: "Slow 4G",
        teaches: "Too many connections overflow a short buffer and cause each other's losses",
        toml: "rate_mbit = 1.6\nrtt_ms = 150\n",
    },
    Preset {
        id: "grumpy-server",
        name: "Grumpy server",
        teaches: "A server with a connection limit and a delay for each accepted connection",
        toml: "rate_mbit = 50\nrtt_ms = 40\nper_connection_mbit = 5\nmax_connections = 8\naccept_ms = 30\n",
    },
    Preset {
        id: "open-loopback",
        name: "Open loopback",
        teaches: "No emulation: the speed of this machine alone",
        toml: "",
    },
];

impl Preset {
    /// Returns the profile.
    pub fn profile(&self) -> LinkProfile {
        // A test parses the TOML of every preset.
        LinkProfile::from_toml(self.toml).unwrap_or_default()
    }

    /// Returns the validated profile.
    pub fn link(&self) -> Link {
        Link::from_checked(&self.profile())
    }
}

/// Returns the preset with this id.
pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.id == id)
}
