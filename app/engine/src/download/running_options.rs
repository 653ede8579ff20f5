//! Options of one download that the user may change while it runs.

use std::sync::{Arc, Mutex};

use crate::model::option_change::{ConnectionChoice, OptionChange};
use crate::model::priority::Priority;
use crate::model::spec::DownloadSpec;
use crate::sync::lock;
use crate::sync::rate_limiter::RateLimiter;
use crate::sync::rate_share::RateShare;

/// Handles by which the engine changes a running download. The limits take effect at once, the number of
/// connections at the coordinator's next tick.
pub(crate) struct RunningOptions {
    /// The rate limit of the download.
    pub rate: Arc<RateLimiter>,
    /// Its share of the limit of all downloads.
    pub share: Arc<RateShare>,
    priority: Mutex<Priority>,
    connections: Mutex<Option<ConnectionChoice>>,
}

impl RunningOptions {
    /// Returns the options of a download that starts with `spec`, and shares the limit `shared`.
    pub fn new(spec: &DownloadSpec, shared: Arc<RateLimiter>) -> Self {
        Self {
            rate: Arc::new(RateLimiter::new(spec.rate_limit)),
            share: Arc::new(RateShare::new(shared, spec.priority.class())),
            priority: Mutex::new(spec.priority),
            connections: Mutex::default(),
        }
    }

    /// Applies a change.
    pub fn change(&self, change: OptionChange) {
        match change {
            OptionChange::RateLimit(limit) => self.rate.set_limit(limit),
            OptionChange::Priority(priority) => {
                *lock(&self.priority) = priority;
                self.share.set_class(priority.class());
            }
            OptionChange::Connections(choice) => *lock(&self.connections) = Some(choice),
        }
    }

    /// Returns the present priority.
    pub fn priority(&self) -> Priority {
        *lock(&self.priority)
    }

    /// Returns the number of connections that the user chose since the start, if any.
    pub fn connections(&self) -> Option<ConnectionChoice> {
        *lock(&self.connections)
    }
}
