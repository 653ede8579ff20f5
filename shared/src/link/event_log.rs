//! Writes a [`PacketLog`] as JSON lines: one object for each packet, at most [`MAX_LINE`] bytes, in the
//! order of time. A log of more than [`MAX_EVENTS`] packets is thinned.
//!
//! Times are seconds since the first connection opened. Every object has `t` (time at the server), `c`
//! (number of the connection) and `e` (kind):
//!
//! 1. `syn`, `synack`, `open`: the handshake.
//! 2. `seg`: a segment is sent. `seq` and `len` are its place in the stream in bytes, `queue` the bytes
//!    before the link when it arrives there, `arrives` its time at the client; one that does not arrive
//!    has `lost` instead, `"path"` or `"queue"`; `again` marks a retransmission.
//! 3. `ack`: an acknowledgement arrives. `bytes` are received in order; `sent` is the time at which
//!    the client sent it, `rtt` that since its segment was sent; `sack` are blocks received after
//!    them. `cwnd`, `ssthresh` and `flight` are the sender's state after it in segments, `mbit`
//!    and `mode` the pacing rate and the phase of BBR.

use super::packet_log::{Fate, LoggedPacket, PacketKind, PacketLog};
use super::{Ns, secs};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Maximum length of a line, in bytes, line feed included.
pub const MAX_LINE: usize = 200;
/// Maximum number of packets that are written.
pub const MAX_EVENTS: usize = 100_000;

/// Packets that were written and left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Packets that were written.
    pub written: u64,
    /// Packets that were left out, because there are too many.
    pub left_out: u64,
}

/// Writes the packets of `log`.
///
/// # Errors
/// Errors of `out`.
pub fn write(log: PacketLog, out: &mut impl Write) -> io::Result<Written> {
    let skipped = log.skipped();
    let packets = log.into_packets();
    let all = packets.len() as u64;
    let origin = packets.first().map_or(0, |packet| packet.at);
    let kept = thinned(packets, MAX_EVENTS);
    let mut line = String::new();
    for packet in &kept {
        line.clear();
        write_packet(packet, origin, &mut line);
        line.push('\n');
        debug_assert!(line.len() <= MAX_LINE, "{line}");
        out.write_all(line.as_bytes())?;
    }
    let written = kept.len() as u64;
    Ok(Written {
        written,
        left_out: all - written + skipped,
    })
}

/// Returns at most `most` of the packets, evenly chosen: of the handshakes, losses and retransmissions
/// up to half of `most`, and others in the rest.
pub fn thinned(packets: Vec<LoggedPacket>, most: usize) -> Vec<LoggedPacket> {
    if packets.len() <= most {
        return packets;
    }
    let rare = packets.iter().filter(|packet| is_rare(packet)).count();
    let kept_rare = rare.min(most / 2);
    let mut rare_filter = Every::new(rare, kept_rare);
    let mut other_filter = Every::new(packets.len() - rare, most - kept_rare);
    let keep = |packet: &LoggedPacket| match is_rare(packet) {
        true => rare_filter.takes(),
        false => other_filter.takes(),
    };
    let mut packets = packets;
    packets.retain(keep);
    packets
}

/// Returns whether a packet is one of those that explain a run.
fn is_rare(packet: &LoggedPacket) -> bool {
    match packet.kind {
        PacketKind::Segment {
            is_retransmission,
            fate,
            ..
        } => is_retransmission || fate != Fate::Arrives,
        PacketKind::Ack { .. } => false,
        PacketKind::Syn | PacketKind::SynAck | PacketKind::HandshakeAck => true,
    }
}

/// Takes some of a number of items, evenly.
struct Every {
    of: usize,
    most: usize,
    seen: usize,
}

impl Every {
    fn new(of: usize, most: usize) -> Self {
        let most = most.min(of);
        Self { of, most, seen: 0 }
    }

    fn takes(&mut self) -> bool {
        let share = |seen: usize| seen as u128 * self.most as u128 / self.of.max(1) as u128;
        self.seen += 1;
        share(self.seen) > share(self.seen - 1)
    }
}

fn time(at: Ns, origin: Ns) -> f64 {
    secs(at.saturating_sub(origin))
}

/// Writes one object. Writing to a string cannot fail.
fn write_packet(packet: &LoggedPacket, origin: Ns, line: &mut String) {
    let name = match packet.kind {
        PacketKind::Syn => "syn",
        PacketKind::SynAck => "synack",
        PacketKind::HandshakeAck => "open",
        PacketKind::Segment { .. } => "seg",
        PacketKind::Ack { .. } => "ack",
    };
    let (at, connection) = (time(packet.at, origin), packet.connection);
    let _ = write!(line, "{{\"t\":{at:.6},\"c\":{connection},\"e\":\"{name}\"");
    match packet.kind {
        PacketKind::Segment {
            offset,
            len,
            is_retransmission,
            fate,
            arrives,
            queue,
        } => {
            let _ = write!(line, ",\"seq\":{offset},\"len\":{len},\"queue\":{queue}");
            if is_retransmission {
                line.push_str(",\"again\":true");
            }
            let _ = match fate {
                Fate::Lost => write!(line, ",\"lost\":\"path\""),
                Fate::Dropped => write!(line, ",\"lost\":\"queue\""),
                Fate::Arrives => write!(line, ",\"arrives\":{:.6}", time(arrives, origin)),
            };
        }
        PacketKind::Ack {
            bytes,
            sent_at,
            echoes,
            ..
        } => {
            let (sent, rtt) = (time(sent_at, origin), time(packet.at, echoes));
            let _ = write!(
                line,
                ",\"bytes\":{bytes},\"sent\":{sent:.6},\"rtt\":{rtt:.6}"
            );
            write_ack_state(&packet.kind, line);
        }
        PacketKind::Syn | PacketKind::SynAck | PacketKind::HandshakeAck => {}
    }
    line.push('}');
}

fn write_ack_state(kind: &PacketKind, line: &mut String) {
    let PacketKind::Ack { sack, sender, .. } = kind else {
        return;
    };
    if let Some(sender) = sender {
        let _ = write!(
            line,
            ",\"cwnd\":{},\"flight\":{}",
            sender.cwnd, sender.in_flight
        );
        if sender.ssthresh < u32::MAX {
            let _ = write!(line, ",\"ssthresh\":{}", sender.ssthresh);
        }
        if let Some(bbr) = sender.bbr {
            let mbit = bbr.pacing_bps as f64 / 1e6;
            let _ = write!(line, ",\"mbit\":{mbit:.3},\"mode\":\"{}\"", bbr.mode);
        }
    }
    let mut separator = ",\"sack\":[";
    for (from, until) in sack.iter().filter(|block| block.1 > block.0) {
        let block = format!("{separator}[{from},{until}]");
        // Two brackets and a line feed follow.
        if line.len() + block.len() + 3 > MAX_LINE {
            break;
        }
        line.push_str(&block);
        separator = ",";
    }
    if separator == "," {
        line.push(']');
    }
}
