//! FQ-CoDel (RFC 8290): each flow has a queue of its own with `CoDel`, and they are served in turn;
//! a flow with few packets goes first.
//!
//! The queue of a flow is found by its slot and not by a hash of its ports, so two flows never share
//! one.

use super::codel::Codel;
use super::{Fifo, QueuedPacket};
use crate::link::Ns;
use std::collections::VecDeque;

/// Bytes that a queue may send in each turn: one packet of Ethernet.
const QUANTUM: i64 = 1514;

/// Queues of all flows.
#[derive(Debug, Clone, Default)]
pub(super) struct FlowQueues {
    /// By the slot of the flow.
    queues: Vec<FlowQueue>,
    /// Queues that have just become active, and the others, in the order of service.
    new: VecDeque<usize>,
    old: VecDeque<usize>,
    bytes: u64,
}

#[derive(Debug, Clone, Default)]
struct FlowQueue {
    fifo: Fifo,
    codel: Codel,
    credit: i64,
    is_active: bool,
}

impl FlowQueues {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn push(&mut self, packet: QueuedPacket) {
        let index = packet.flow.slot as usize;
        if self.queues.len() <= index {
            self.queues.resize_with(index + 1, FlowQueue::default);
        }
        let queue = &mut self.queues[index];
        queue.fifo.push(packet);
        self.bytes += packet.len;
        if !queue.is_active {
            (queue.is_active, queue.credit) = (true, QUANTUM);
            self.new.push_back(index);
        }
    }

    /// Drops the oldest packet of the longest queue.
    pub(super) fn drop_from_longest(&mut self) -> Option<QueuedPacket> {
        let longest = self
            .queues
            .iter_mut()
            .max_by_key(|queue| queue.fifo.bytes)?;
        let packet = longest.fifo.pop()?;
        self.bytes -= packet.len;
        Some(packet)
    }

    /// Returns the next packet to transmit.
    pub(super) fn dequeue(
        &mut self,
        now: Ns,
        drop: &mut impl FnMut(QueuedPacket),
    ) -> Option<QueuedPacket> {
        loop {
            let is_new = !self.new.is_empty();
            let list = if is_new { &mut self.new } else { &mut self.old };
            let index = *list.front()?;
            let queue = &mut self.queues[index];
            if queue.credit <= 0 {
                queue.credit += QUANTUM;
                list.pop_front();
                self.old.push_back(index);
                continue;
            }
            let before = queue.fifo.bytes;
            let packet = queue.codel.dequeue(&mut queue.fifo, now, drop);
            self.bytes -= before - queue.fifo.bytes;
            if let Some(packet) = packet {
                queue.credit -= packet.len as i64;
                return Some(packet);
            }
            list.pop_front();
            if is_new && !self.old.is_empty() {
                // An empty queue waits for one round, or it would always count as new.
                self.old.push_back(index);
            } else {
                queue.is_active = false;
            }
        }
    }
}
