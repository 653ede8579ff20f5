//! Predefined links, each of which demonstrates one effect.
//!
//! Sources of the figures: buckets of policers from Flach et al., "An Internet-Wide Analysis of
//! Traffic Policing" (SIGCOMM 2016); buffers of a second from Gettys and Nichols, "Bufferbloat: Dark
//! Buffers in the Internet" (ACM Queue 9(11), 2011); 15 s between satellites and the range of rates
//! from Mohan et al., "A Multifaceted Look at Starlink Performance" (WWW 2024); the trace while moving from
//! the model of Winstein et al. (NSDI 2013), see [`trace`](super::trace).

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

/// Presets of one limit each, in display order: a comparison of links runs over them.
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

/// Presets of senders, queues and links that change, in display order.
pub const NETWORK_PRESETS: [Preset; 8] = [
    Preset {
        id: "bbr-server",
        name: "Server with BBR",
        teaches: "A sender that measures the bandwidth is not slowed by random loss: one connection suffices",
        toml: "rate_mbit = 100\nrtt_ms = 100\nloss_percent = 0.1\ncongestion = \"bbr\"\n",
    },
    Preset {
        id: "policed-plan",
        name: "Policed plan",
        teaches: "A policer drops without a queue: one connection gets far less than its rate",
        toml: "rtt_ms = 40\npolicer_mbit = 50\npolicer_burst_kib = 64\n",
    },
    Preset {
        id: "bufferbloat",
        name: "Bufferbloat",
        teaches: "A deep buffer costs no throughput, but packets wait in it for up to 0.8 s",
        toml: "rate_mbit = 10\nrtt_ms = 30\nbuffer_kib = 1000\n",
    },
    Preset {
        id: "fq-codel-router",
        name: "FQ-CoDel router",
        teaches: "The same link with a managed queue: as fast, and a packet waits for some milliseconds",
        toml: "rate_mbit = 10\nrtt_ms = 30\nbuffer_kib = 1000\nqueue = \"fq_codel\"\n",
    },
    Preset {
        id: "bursty-wifi",
        name: "Wi-Fi with bursts",
        teaches: "Loss in bursts costs far less than the same loss spread out",
        toml: "rate_mbit = 50\nrtt_ms = 20\nloss_percent = 0.5\nloss_burst_ms = 20\njitter_ms = 4\n",
    },
    Preset {
        id: "bonded-lines",
        name: "Bonded lines",
        teaches: "Packets overtake each other; a sender that waits for the late ones loses next to nothing",
        toml: "rate_mbit = 50\nrtt_ms = 40\nreorder_percent = 10\nreorder_ms = 8\n",
    },
    Preset {
        id: "lte-moving",
        name: "LTE while moving",
        teaches: "The rate of a cellular link varies within seconds, and now and then nothing arrives",
        toml: "trace = \"lte-moving\"\nrtt_ms = 40\nbuffer_kib = 750\n",
    },
    Preset {
        id: "satellite",
        name: "Satellite",
        teaches: "The rate changes every 15 s, as the terminal moves to another satellite",
        toml: "rate_mbit = 100\nrtt_ms = 45\nup_mbit = 10\nstep_period_s = 60\n\
            [[step]]\nat_s = 15\nrate_mbit = 60\n[[step]]\nat_s = 30\nrate_mbit = 140\n[[step]]\nat_s = 45\nrate_mbit = 40\n",
    },
];

/// Preset to watch a download of a few megabytes: one connection takes seconds for what eight take one for.
pub const SLOW_MOTION: Preset = Preset {
    id: "slow-motion",
    name: "Slow motion",
    teaches: "Slow enough to watch: a window of 64 KiB and a round trip of 70 ms hold each connection",
    toml: "rate_mbit = 100\nrtt_ms = 70\nwindow_kib = 64\n",
};

/// Returns all presets, in display order.
pub fn all() -> impl Iterator<Item = &'static Preset> {
    PRESETS
        .iter()
        .chain(&NETWORK_PRESETS)
        .chain(std::iter::once(&SLOW_MOTION))
}

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
    all().find(|preset| preset.id == id)
}
