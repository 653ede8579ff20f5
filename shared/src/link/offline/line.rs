//! One connection as the client sees it.

use super::super::{FlowId, Ns};
use super::race::Asked;
use super::speed::Speed;
use crate::ahead::Ahead;
use std::collections::VecDeque;

pub(super) struct Line {
    pub(super) flow: Option<FlowId>,
    /// What was asked for and has not come, in order.
    pub(super) asked: VecDeque<Asked>,
    pub(super) outstanding: u64,
    pub(super) begun: Ns,
    pub(super) ahead: Ahead,
    pub(super) speed: Speed,
    /// When it was opened or last brought something.
    pub(super) alive: Ns,
    /// When it looks for something to do again; [`Ns::MAX`] while it waits for bytes.
    pub(super) idle_until: Ns,
    /// For how long it may bring nothing. Doubled each time that replacing it did not help.
    pub(super) patience: Ns,
}

impl Line {
    /// One that is not open yet.
    pub(super) fn new(patience: Ns) -> Self {
        Self {
            flow: None,
            asked: VecDeque::new(),
            outstanding: 0,
            begun: 0,
            ahead: Ahead::default(),
            speed: Speed::from(0),
            alive: 0,
            idle_until: Ns::MAX,
            patience,
        }
    }
}
