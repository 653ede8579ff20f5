//! One simulated connection, as the client sees it.

use super::super::{FlowId, Ns};
use super::duplicates::PendingRequest;
use super::rate_estimator::RateEstimator;
use crate::request_window::RequestWindow;
use std::collections::VecDeque;

pub(super) struct SimConnection {
    pub(super) flow: Option<FlowId>,
    /// Requests whose bytes have not been received, in order.
    pub(super) pending: VecDeque<PendingRequest>,
    pub(super) outstanding: u64,
    pub(super) opened_at: Ns,
    pub(super) request_window: RequestWindow,
    pub(super) speed: RateEstimator,
    /// Time at which it was opened or last received data.
    pub(super) last_activity: Ns,
    /// Time at which it looks for work again; [`Ns::MAX`] while it waits for data.
    pub(super) idle_until: Ns,
    /// Maximum time without data. It doubles each time a replacement did not help.
    pub(super) idle_timeout: Ns,
}

impl SimConnection {
    /// Creates a connection that is not open yet.
    pub(super) fn new(idle_timeout: Ns) -> Self {
        Self {
            flow: None,
            pending: VecDeque::new(),
            outstanding: 0,
            opened_at: 0,
            request_window: RequestWindow::default(),
            speed: RateEstimator::new(0),
            last_activity: 0,
            idle_until: Ns::MAX,
            idle_timeout,
        }
    }
}
