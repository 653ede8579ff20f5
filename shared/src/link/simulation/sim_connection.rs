//! One connection as the client sees it.

use super::super::{FlowId, Ns};
use super::duplicates::PendingRequest;
use super::rate_estimator::RateEstimator;
use crate::request_window::RequestWindow;
use std::collections::VecDeque;

pub(super) struct SimConnection {
    pub(super) flow: Option<FlowId>,
    /// What was asked for and has not come, in order.
    pub(super) asked: VecDeque<PendingRequest>,
    pub(super) outstanding: u64,
    pub(super) begun: Ns,
    pub(super) request_window: RequestWindow,
    pub(super) speed: RateEstimator,
    /// When it was opened or last brought something.
    pub(super) alive: Ns,
    /// When it looks for something to do again; [`Ns::MAX`] while it waits for bytes.
    pub(super) idle_until: Ns,
    /// For how long it may bring nothing. Doubled each time that replacing it did not help.
    pub(super) idle_timeout: Ns,
}

impl SimConnection {
    /// One that is not open yet.
    pub(super) fn new(idle_timeout: Ns) -> Self {
        Self {
            flow: None,
            asked: VecDeque::new(),
            outstanding: 0,
            begun: 0,
            request_window: RequestWindow::default(),
            speed: RateEstimator::from(0),
            alive: 0,
            idle_until: Ns::MAX,
            idle_timeout,
        }
    }
}
