//! Log of the packets of a path, as a capture at the server sees them: segments when they are sent,
//! acknowledgements when they arrive.
//!
//! Background flows are left out. The log is bounded; further packets are counted only.

use super::{FlowId, Ns};
use std::collections::{HashMap, VecDeque};

/// Largest number of packets that a log keeps.
const MAX_PACKETS: usize = 4_000_000;
/// Blocks of selective acknowledgement beside timestamps (RFC 2018, section 3).
pub(super) const MAX_SACK_BLOCKS: usize = 3;

/// A packet of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedPacket {
    /// Time at the server.
    pub at: Ns,
    /// Number of the connection, in the order of opening.
    pub connection: u32,
    /// Kind of the packet.
    pub kind: PacketKind,
}

/// Kind of a [`LoggedPacket`]. Offsets are bytes from the start of the connection's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacketKind {
    /// The client opens the connection.
    Syn,
    /// The server accepts it.
    SynAck,
    /// The client completes the handshake.
    HandshakeAck,
    /// A segment with data.
    Segment {
        /// Offset of its first byte.
        offset: u64,
        /// Its length in bytes.
        len: u16,
        /// It was sent before.
        is_retransmission: bool,
        /// Its end on the path.
        fate: Fate,
        /// Time at which it arrives at the client, if it does.
        arrives: Ns,
        /// Bytes before the link when it arrives there.
        queue: u32,
    },
    /// An acknowledgement.
    Ack {
        /// Bytes received in order.
        bytes: u64,
        /// Ranges received after them, the one that changed last first; unused ones are empty.
        sack: [(u64, u64); MAX_SACK_BLOCKS],
        /// Time at which the client sent it.
        sent_at: Ns,
        /// Time at which the acknowledged segment was sent.
        echoes: Ns,
        /// State of the sender after it; `None` if the connection ended before.
        sender: Option<SenderState>,
    },
}

/// State of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderState {
    /// Congestion window in segments.
    pub cwnd: u32,
    /// Slow-start threshold in segments; [`u32::MAX`] before the first loss.
    pub ssthresh: u32,
    /// Segments in flight, as estimated by the sender.
    pub in_flight: u32,
    /// State of BBR, if that is the congestion control.
    pub bbr: Option<BbrState>,
}

/// State of BBR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BbrState {
    /// Pacing rate in bit/s of payload.
    pub pacing_bps: u64,
    /// Name of the phase: `startup`, `drain`, `probe_bw` or `probe_rtt`.
    pub mode: &'static str,
}

/// The end of a segment on the path: delivered, or dropped at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Arrives,
    /// It is lost at random.
    Lost,
    /// The queue or the policer drops it.
    Dropped,
}

/// Packets of all connections of a path.
#[derive(Debug, Clone)]
pub struct PacketLog {
    packets: Vec<LoggedPacket>,
    max_packets: usize,
    flows: HashMap<FlowId, LoggedFlow>,
    skipped: u64,
    connections: u32,
}

impl Default for PacketLog {
    fn default() -> Self {
        Self::bounded(MAX_PACKETS)
    }
}

#[derive(Debug, Clone, Default)]
struct LoggedFlow {
    connection: u32,
    /// Zero, then the end of each segment.
    ends: Vec<u64>,
    /// Index of the packet of each transmission.
    by_serial: Vec<usize>,
    /// Indices of acknowledgements that the sender has not processed yet.
    open_acks: VecDeque<usize>,
}

impl PacketLog {
    /// Creates a log that keeps the first `max_packets` packets, at most four million.
    pub fn bounded(max_packets: usize) -> Self {
        Self {
            packets: Vec::new(),
            max_packets: max_packets.min(MAX_PACKETS),
            flows: HashMap::new(),
            skipped: 0,
            connections: 0,
        }
    }

    /// Returns the number of packets.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Returns whether there are no packets.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Returns the number of connections that were opened.
    pub fn connections(&self) -> u32 {
        self.connections
    }

    /// Returns the packets in the order of time.
    pub fn into_packets(mut self) -> Vec<LoggedPacket> {
        self.packets.sort_by_key(|packet| packet.at);
        self.packets
    }

    /// Returns the number of packets for which the log had no room.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Logs the handshake of a connection that the client opens at `now`.
    pub(super) fn open(&mut self, now: Ns, flow: FlowId, rtt: Ns) {
        let connection = self.connections;
        self.connections += 1;
        let state = LoggedFlow {
            connection,
            ..LoggedFlow::default()
        };
        self.flows.insert(flow, state);
        let arrival = now + rtt / 2;
        for (at, kind) in [
            (arrival, PacketKind::Syn),
            (arrival, PacketKind::SynAck),
            (arrival + rtt, PacketKind::HandshakeAck),
        ] {
            self.push(at, connection, kind);
        }
    }

    /// Logs transmission `serial` of a segment, whose fate is still [`Fate::Arrives`].
    pub(super) fn on_sent(
        &mut self,
        now: Ns,
        (flow, serial): (FlowId, u64),
        (segment, len): (u64, u16),
        queue: u32,
    ) {
        let index = self.packets.len();
        if index >= self.max_packets {
            self.skipped += 1;
            return;
        }
        let Some(state) = self.flows.get_mut(&flow) else {
            return;
        };
        if state.ends.is_empty() {
            state.ends.push(0);
        }
        // The end of the segment before it is the start of this one.
        let offset = state.ends.get(segment as usize).copied().unwrap_or(0);
        let is_retransmission = segment as usize + 1 < state.ends.len();
        if !is_retransmission {
            state.ends.push(offset + u64::from(len));
        }
        debug_assert_eq!(serial as usize, state.by_serial.len());
        state.by_serial.push(index);
        let fate = Fate::Arrives;
        let kind = PacketKind::Segment {
            offset,
            len,
            is_retransmission,
            fate,
            arrives: 0,
            queue,
        };
        let connection = state.connection;
        self.push(now, connection, kind);
    }

    /// Sets the fate of a transmission.
    pub(super) fn set_fate(&mut self, flow: FlowId, serial: u64, new_fate: Fate) {
        let state = self.flows.get(&flow);
        let index = state.and_then(|state| state.by_serial.get(serial as usize));
        let packet = index.and_then(|index| self.packets.get_mut(*index));
        if let Some(LoggedPacket {
            kind: PacketKind::Segment { fate, .. },
            ..
        }) = packet
        {
            *fate = new_fate;
        }
    }

    /// Sets the arrival of a transmission.
    pub(super) fn set_arrival(&mut self, flow: FlowId, serial: u64, at: Ns) {
        let state = self.flows.get(&flow);
        let index = state.and_then(|state| state.by_serial.get(serial as usize));
        let packet = index.and_then(|index| self.packets.get_mut(*index));
        if let Some(LoggedPacket {
            kind: PacketKind::Segment { arrives, .. },
            ..
        }) = packet
        {
            *arrives = at;
        }
    }

    /// Sets the state of the sender after the acknowledgement that it processed next.
    pub(super) fn on_ack_processed(&mut self, flow: FlowId, state: SenderState) {
        let open = self.flows.get_mut(&flow);
        let index = open.and_then(|flow| flow.open_acks.pop_front());
        let packet = index.and_then(|index| self.packets.get_mut(index));
        if let Some(LoggedPacket {
            kind: PacketKind::Ack { sender, .. },
            ..
        }) = packet
        {
            *sender = Some(state);
        }
    }

    /// Logs an acknowledgement that arrives at `at`. `missing` is the first missing segment, and
    /// `ranges` are the segments received after it.
    pub(super) fn on_ack(&mut self, at: Ns, flow: FlowId, ack: &LoggedAck) {
        let index = self.packets.len();
        if index >= self.max_packets {
            self.skipped += 1;
            return;
        }
        let Some(state) = self.flows.get_mut(&flow) else {
            return;
        };
        state.open_acks.push_back(index);
        let offset = |segment: u64| state.ends.get(segment as usize).copied().unwrap_or(0);
        let sack = ack
            .ranges
            .map(|(from, until)| (offset(from), offset(until)));
        let kind = PacketKind::Ack {
            bytes: ack.bytes,
            sack: if ack.ranges[0].1 == 0 {
                Default::default()
            } else {
                sack
            },
            sent_at: ack.sent_at,
            echoes: ack.echoes,
            sender: None,
        };
        let connection = state.connection;
        self.push(at, connection, kind);
    }

    fn push(&mut self, at: Ns, connection: u32, kind: PacketKind) {
        if self.packets.len() >= self.max_packets {
            self.skipped += 1;
            return;
        }
        self.packets.push(LoggedPacket {
            at,
            connection,
            kind,
        });
    }
}

/// An acknowledgement as the receiver sends it; ranges of segments are empty from the first unused
/// one on.
#[derive(Debug, Clone, Copy)]
pub(super) struct LoggedAck {
    pub(super) bytes: u64,
    pub(super) ranges: [(u64, u64); MAX_SACK_BLOCKS],
    pub(super) sent_at: Ns,
    pub(super) echoes: Ns,
}
