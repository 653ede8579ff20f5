//! Validated parameters of a link, in base units: bits, bytes and [`Ns`].

#[cfg(doc)]
use super::profile::FIELDS;
use super::profile::MAX_STEPS;
use super::timer_queue::NEVER;
use super::trace::Trace;
use super::{Congestion, DEFAULT_WINDOW, LinkProfile, MTU, Ns, ProfileError, QueueDiscipline, ns};

/// Validated parameters of a link, created by [`LinkProfile::validate`].
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    rate_bps: Option<f64>,
    rtt: Ns,
    buffer_bytes: Option<u64>,
    loss: f64,
    cap_bps: Option<f64>,
    window_bytes: Option<u64>,
    congestion: Congestion,
    background_congestion: Congestion,
    background_flows: u32,
    max_connections: Option<u32>,
    accept: Ns,
    stalls_per_sec: f64,
    stall: Ns,
    resets_per_byte: f64,
    queue: QueueDiscipline,
    policer_bps: Option<f64>,
    policer_burst_bytes: u64,
    loss_burst: Ns,
    jitter: Ns,
    reordered: f64,
    hold: Ns,
    up_bps: Option<f64>,
    up_buffer_bytes: u64,
    steps: [Step; MAX_STEPS],
    step_count: usize,
    step_period: Ns,
    trace: Option<Trace>,
    seed: u64,
    open: bool,
}

/// A change of the rate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Step {
    /// Time from which on the rate holds, since the first connection.
    pub at: Ns,
    /// Rate in bit/s; zero for an outage.
    pub rate_bps: f64,
}

/// Minimum default buffer, in packets.
const MIN_BUFFER_PACKETS: u64 = 20;
/// Minimum default buffer of a queue that limits its delay itself, in packets (RFC 8290, section 5.2.2,
/// recommends no less than 1000 for common rates).
const MIN_MANAGED_PACKETS: u64 = 1000;

impl LinkProfile {
    /// Validates every value.
    ///
    /// # Errors
    /// [`ProfileError::Range`] for the first field, in the order of [`FIELDS`], that is out of
    /// range.
    pub fn validate(&self) -> Result<Link, ProfileError> {
        self.check_ranges()?;
        Ok(Link::from_checked(self))
    }
}

impl Link {
    /// Converts a profile whose values are in range.
    pub(super) fn from_checked(profile: &LinkProfile) -> Self {
        let kib = |kib: f64| (kib * 1024.0).round() as u64;
        let ms = |ms: Option<f64>| ns(ms.unwrap_or(0.0) / 1e3);
        let mut steps = [Step::default(); MAX_STEPS];
        for (step, given) in steps.iter_mut().zip(&profile.step) {
            *step = Step {
                at: ns(given.at_s),
                rate_bps: given.rate_mbit * 1e6,
            };
        }
        Self {
            rate_bps: match &profile.trace {
                Some(trace) => Some(trace.mean_bps()),
                None => profile.rate_mbit.map(|mbit| mbit * 1e6),
            },
            rtt: ms(profile.rtt_ms),
            buffer_bytes: profile.buffer_kib.map(kib),
            loss: profile.loss_percent.unwrap_or(0.0) / 100.0,
            cap_bps: profile.per_connection_mbit.map(|mbit| mbit * 1e6),
            window_bytes: profile.window_kib.map(kib),
            congestion: profile.congestion.unwrap_or_default(),
            background_congestion: profile.background_congestion.unwrap_or_default(),
            background_flows: profile.background_flows.unwrap_or(0),
            max_connections: profile.max_connections,
            accept: ms(profile.accept_ms),
            stalls_per_sec: profile.stall_per_minute.unwrap_or(0.0) / 60.0,
            stall: ms(Some(profile.stall_ms.unwrap_or(1000.0))),
            resets_per_byte: profile.reset_per_gib.unwrap_or(0.0) / (1u64 << 30) as f64,
            queue: profile.queue.unwrap_or_default(),
            policer_bps: profile.policer_mbit.map(|mbit| mbit * 1e6),
            policer_burst_bytes: kib(profile.policer_burst_kib.unwrap_or(64.0)),
            loss_burst: ms(profile.loss_burst_ms),
            jitter: ms(profile.jitter_ms),
            reordered: profile.reorder_percent.unwrap_or(0.0) / 100.0,
            hold: ms(Some(profile.reorder_ms.unwrap_or(10.0))),
            up_bps: profile.up_mbit.map(|mbit| mbit * 1e6),
            up_buffer_bytes: kib(profile.up_buffer_kib.unwrap_or(64.0)),
            steps,
            step_count: profile.step.len().min(MAX_STEPS),
            step_period: profile.step_period_s.map_or(NEVER, ns),
            trace: profile.trace.clone(),
            seed: profile.seed.unwrap_or(1),
            open: profile.is_open(),
        }
    }

    /// Returns whether nothing is emulated.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Rate of the bottleneck in bit/s, headers included; `None` when unlimited.
    pub fn rate_bps(&self) -> Option<f64> {
        self.rate_bps
    }

    /// Rate of the bottleneck or the policer without headers, in bit/s of payload; `None` when
    /// unlimited.
    pub fn goodput_bps(&self) -> Option<f64> {
        let limits = [self.rate_bps, self.policer_bps];
        let least = limits.into_iter().flatten().min_by(f64::total_cmp);
        least.map(|rate| rate * super::MSS as f64 / MTU as f64)
    }

    /// Round-trip time of the empty path.
    pub fn rtt(&self) -> Ns {
        self.rtt
    }

    /// Bandwidth-delay product in bytes; zero when the rate is unlimited.
    pub fn bandwidth_delay_bytes(&self) -> u64 {
        let bits = self.rate_bps.unwrap_or(0.0) * super::secs(self.rtt);
        (bits / 8.0).round() as u64
    }

    /// Buffer of the bottleneck in bytes. Default: one bandwidth-delay product, at least 20
    /// packets, and 1000 packets for a queue that limits its delay itself.
    pub fn buffer_bytes(&self) -> u64 {
        let packets = match self.queue {
            QueueDiscipline::DropTail => MIN_BUFFER_PACKETS,
            _ => MIN_MANAGED_PACKETS,
        };
        self.buffer_bytes
            .unwrap_or_else(|| self.bandwidth_delay_bytes().max(packets * MTU))
    }

    /// Queue before the bottleneck.
    pub fn queue(&self) -> QueueDiscipline {
        self.queue
    }

    /// Rate of the policer in bit/s, headers included; `None` without one.
    pub fn policer_bps(&self) -> Option<f64> {
        self.policer_bps
    }

    /// Burst that the policer lets pass, in bytes.
    pub fn policer_burst_bytes(&self) -> u64 {
        self.policer_burst_bytes
    }

    /// Mean duration of bursts in which everything is lost; zero for independent losses.
    pub fn loss_burst(&self) -> Ns {
        self.loss_burst
    }

    /// Largest random delay of a packet.
    pub fn jitter(&self) -> Ns {
        self.jitter
    }

    /// Probability that a segment is held back, so that later ones overtake it.
    pub fn reordered(&self) -> f64 {
        self.reordered
    }

    /// Time for which such a segment is held back.
    pub fn hold(&self) -> Ns {
        self.hold
    }

    /// Rate of the way back in bit/s; `None` when unlimited.
    pub fn up_bps(&self) -> Option<f64> {
        self.up_bps
    }

    /// Buffer of the way back, in bytes.
    pub fn up_buffer_bytes(&self) -> u64 {
        self.up_buffer_bytes
    }

    /// Changes of the rate, in order of time.
    pub fn steps(&self) -> &[Step] {
        &self.steps[..self.step_count]
    }

    /// Time after which the steps repeat; [`Ns::MAX`] when they do not.
    pub fn step_period(&self) -> Ns {
        self.step_period
    }

    /// Delivery trace, whose mean rate is [`Self::rate_bps`].
    pub fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref()
    }

    /// Probability that a data segment is lost at random.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// Server's limit for each connection, in bit/s of payload.
    pub fn cap_bps(&self) -> Option<f64> {
        self.cap_bps
    }

    /// Window of each connection in bytes.
    ///
    /// Without congestion control the default is one bandwidth-delay product, and a given window is
    /// limited to twice the capacity of link and buffer, because the excess would only be sent to
    /// be dropped.
    pub fn window_bytes(&self) -> u64 {
        let given = self.window_bytes.unwrap_or(DEFAULT_WINDOW);
        if self.congestion != Congestion::Fixed || self.rate_bps.is_none() {
            return given;
        }
        let least = MIN_BUFFER_PACKETS * MTU;
        let product = self.bandwidth_delay_bytes().max(least);
        match self.window_bytes {
            Some(given) => given.min(2 * (product + self.buffer_bytes())),
            None => product.min(DEFAULT_WINDOW),
        }
    }

    /// Returns whether the profile specifies a window.
    pub fn has_window(&self) -> bool {
        self.window_bytes.is_some()
    }

    /// Congestion control of the senders.
    pub fn congestion(&self) -> Congestion {
        self.congestion
    }

    /// Congestion control of the background flows.
    pub fn background_congestion(&self) -> Congestion {
        self.background_congestion
    }

    /// Number of endless flows that share the bottleneck; zero without a bottleneck.
    pub fn background_flows(&self) -> u32 {
        self.rate_bps.map_or(0, |_| self.background_flows)
    }

    /// Maximum number of connections that the server accepts.
    pub fn max_connections(&self) -> Option<u32> {
        self.max_connections
    }

    /// Server's work per accepted connection, done for one connection at a time.
    pub fn accept(&self) -> Ns {
        self.accept
    }

    /// Stalls of a connection per second.
    pub fn stalls_per_sec(&self) -> f64 {
        self.stalls_per_sec
    }

    /// Duration of a stall.
    pub fn stall(&self) -> Ns {
        self.stall
    }

    /// Resets of a connection per byte transferred.
    pub fn resets_per_byte(&self) -> f64 {
        self.resets_per_byte
    }

    /// Seed of all random draws.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the same link with another seed.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        Self {
            seed,
            ..self.clone()
        }
    }
}
