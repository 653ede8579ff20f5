//! Writes a [`PacketLog`] as pcapng (draft-ietf-opsawg-pcapng): Ethernet, IPv4 and TCP headers with
//! times in nanoseconds, and a comment on each segment that is lost. Payload is cut off.

use super::packet_log::{Fate, LoggedPacket, PacketKind, PacketLog};
use super::{Ns, SECOND};
use crate::shuffle::mix;
use std::io::{self, Write};

/// Addresses and port of the server, and the first port of the client.
const SERVER: [u8; 4] = [10, 77, 0, 2];
const CLIENT: [u8; 4] = [10, 77, 0, 1];
const SERVER_PORT: u16 = 5115;
const FIRST_CLIENT_PORT: u16 = 40_000;
const CLIENT_PORTS: u32 = 25_000;
/// Bits by which windows are scaled (RFC 7323).
const WINDOW_SCALE: u8 = 7;
/// Maximum segment size that the handshake announces: without the timestamps.
const ANNOUNCED_MSS: u16 = super::MSS as u16 + 12;
const ETHERNET: usize = 14;
const IPV4: usize = 20;

const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// Writes the packets of `log` in the order of time. `window_bytes` is the window that the client
/// announces.
///
/// # Errors
/// Errors of `out`.
pub fn write(log: PacketLog, window_bytes: u64, out: &mut impl Write) -> io::Result<()> {
    Writer::new(out)?.write_log(log, window_bytes, None)
}

/// A capture of several logs, one after another.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    /// Connections of the logs before.
    connections: u32,
}

impl<W: Write> Writer<W> {
    /// Starts a capture.
    ///
    /// # Errors
    /// Errors of `out`.
    pub fn new(mut out: W) -> io::Result<Self> {
        write_head(&mut out)?;
        Ok(Self {
            out,
            connections: 0,
        })
    }

    /// Writes the packets of `log` in the order of time; the first one gets the time `first_at`,
    /// since 1970, or keeps its own. `window_bytes` is the window that the client announces.
    ///
    /// # Errors
    /// Errors of the output.
    pub fn write_log(
        &mut self,
        log: PacketLog,
        window_bytes: u64,
        first_at: Option<Ns>,
    ) -> io::Result<()> {
        let connections = log.connections();
        let packets = log.into_packets();
        let first = packets.first().map_or(0, |packet| packet.at);
        let shift = first_at.map_or(0, |at| at.wrapping_sub(first));
        for mut packet in packets {
            packet.connection = packet.connection.wrapping_add(self.connections);
            write_logged(&packet, window_bytes, shift, &mut self.out)?;
        }
        self.connections = self.connections.wrapping_add(connections);
        Ok(())
    }

    /// Flushes the output.
    ///
    /// # Errors
    /// Errors of the output.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn write_logged(
    packet: &LoggedPacket,
    window_bytes: u64,
    shift: Ns,
    out: &mut impl Write,
) -> io::Result<()> {
    let frame = frame(packet, window_bytes);
    let comment = match packet.kind {
        PacketKind::Segment {
            fate: Fate::Lost, ..
        } => "lost at random on the path",
        PacketKind::Segment {
            fate: Fate::Dropped,
            ..
        } => "dropped by the queue or the policer",
        _ => "",
    };
    write_packet(packet.at.wrapping_add(shift), &frame, comment, out)
}

/// A packet without its payload.
struct Frame {
    head: Vec<u8>,
    payload: usize,
}

/// Writes the section header and the description of one interface.
fn write_head(out: &mut impl Write) -> io::Result<()> {
    let mut section = Vec::new();
    section.extend(0x1A2B_3C4D_u32.to_le_bytes());
    section.extend([1, 0, 0, 0]);
    // The length of the section is not given.
    section.extend([0xFF; 8]);
    write_block(0x0A0D_0D0A, &section, out)?;
    // Link type 1 is Ethernet, and 0 sets no limit to the captured length.
    let mut interface = vec![1, 0, 0, 0, 0, 0, 0, 0];
    // if_tsresol: 10⁻⁹ s; then the end of the options.
    interface.extend([9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
    write_block(1, &interface, out)
}

fn write_packet(at: Ns, frame: &Frame, comment: &str, out: &mut impl Write) -> io::Result<()> {
    let captured = frame.head.len() as u32;
    let mut block = vec![0; 4];
    block.extend(((at >> 32) as u32).to_le_bytes());
    block.extend((at as u32).to_le_bytes());
    block.extend(captured.to_le_bytes());
    block.extend((captured + frame.payload as u32).to_le_bytes());
    block.extend(&frame.head);
    pad(&mut block);
    if !comment.is_empty() {
        block.extend(1u16.to_le_bytes());
        block.extend((comment.len() as u16).to_le_bytes());
        block.extend(comment.as_bytes());
        pad(&mut block);
        block.extend([0; 4]);
    }
    write_block(6, &block, out)
}

fn write_block(kind: u32, body: &[u8], out: &mut impl Write) -> io::Result<()> {
    let len = (body.len() as u32 + 12).to_le_bytes();
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&len)?;
    out.write_all(body)?;
    out.write_all(&len)
}

fn pad(block: &mut Vec<u8>) {
    block.resize(block.len().next_multiple_of(4), 0);
}

/// Values of a TCP header. The initial sequence numbers are a hash of the connection.
struct Tcp {
    from_server: bool,
    seq: u32,
    ack: u32,
    flags: u8,
    window: u16,
    options: Vec<u8>,
    payload: u16,
}

fn frame(packet: &LoggedPacket, window_bytes: u64) -> Frame {
    let isn = |is_server: bool| mix(u64::from(packet.connection) * 2 + u64::from(is_server)) as u32;
    let (server, client) = (isn(true).wrapping_add(1), isn(false).wrapping_add(1));
    let window = (window_bytes >> WINDOW_SCALE).min(u64::from(u16::MAX)) as u16;
    let stamp = |at: Ns| (at / (SECOND / 1000)) as u32;
    let now = stamp(packet.at);
    let mut tcp = Tcp {
        from_server: true,
        seq: server,
        ack: client,
        flags: ACK,
        window: 512,
        options: timestamps(now, 0),
        payload: 0,
    };
    match packet.kind {
        PacketKind::Syn => {
            let (seq, options) = (isn(false), syn_options(now, 0));
            tcp = Tcp {
                from_server: false,
                seq,
                ack: 0,
                flags: SYN,
                window: u16::MAX,
                options,
                payload: 0,
            };
        }
        PacketKind::SynAck => {
            (tcp.seq, tcp.flags, tcp.window) = (isn(true), SYN | ACK, u16::MAX);
            tcp.options = syn_options(now, now);
        }
        PacketKind::HandshakeAck => {
            (tcp.from_server, tcp.seq, tcp.ack, tcp.window) = (false, client, server, window);
        }
        PacketKind::Segment { offset, len, .. } => {
            (tcp.seq, tcp.payload) = (server.wrapping_add(offset as u32), len);
            tcp.flags = ACK | PSH;
        }
        PacketKind::Ack {
            bytes,
            sack,
            sent_at,
            echoes,
            ..
        } => {
            (tcp.from_server, tcp.seq, tcp.window) = (false, client, window);
            tcp.ack = server.wrapping_add(bytes as u32);
            tcp.options = timestamps(stamp(sent_at), stamp(echoes));
            let blocks = sack.iter().filter(|block| block.1 > block.0);
            let edge = |offset: u64| server.wrapping_add(offset as u32).to_be_bytes();
            let blocks: Vec<u8> = blocks
                .flat_map(|block| [edge(block.0), edge(block.1)])
                .flatten()
                .collect();
            if !blocks.is_empty() {
                tcp.options.extend([1, 1, 5, blocks.len() as u8 + 2]);
                tcp.options.extend(blocks);
            }
        }
    }
    let port = FIRST_CLIENT_PORT + (packet.connection % CLIENT_PORTS) as u16;
    Frame {
        head: headers(&tcp, port),
        payload: tcp.payload.into(),
    }
}

fn timestamps(value: u32, echo: u32) -> Vec<u8> {
    let mut options = vec![1, 1, 8, 10];
    options.extend(value.to_be_bytes());
    options.extend(echo.to_be_bytes());
    options
}

/// Options of the handshake: segment size, selective acknowledgement, timestamps, window scale.
fn syn_options(value: u32, echo: u32) -> Vec<u8> {
    let mut options = vec![2, 4];
    options.extend(ANNOUNCED_MSS.to_be_bytes());
    options.extend([4, 2, 8, 10]);
    options.extend(value.to_be_bytes());
    options.extend(echo.to_be_bytes());
    options.extend([1, 3, 3, WINDOW_SCALE]);
    options
}

fn headers(tcp: &Tcp, client_port: u16) -> Vec<u8> {
    let tcp_len = 20 + tcp.options.len();
    let mut head = Vec::with_capacity(ETHERNET + IPV4 + tcp_len);
    let (server_mac, client_mac) = ([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1]);
    let addresses = if tcp.from_server {
        [server_mac, client_mac]
    } else {
        [client_mac, server_mac]
    };
    head.extend(addresses[1]);
    head.extend(addresses[0]);
    head.extend([0x08, 0x00]);
    let total = (IPV4 + tcp_len) as u16 + tcp.payload;
    head.extend([0x45, 0]);
    head.extend(total.to_be_bytes());
    // No fragments; 64 hops; TCP.
    head.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    let (from, to) = if tcp.from_server {
        (SERVER, CLIENT)
    } else {
        (CLIENT, SERVER)
    };
    head.extend(from);
    head.extend(to);
    let sum = checksum(&head[ETHERNET..]);
    head[ETHERNET + 10..ETHERNET + 12].copy_from_slice(&sum.to_be_bytes());
    let ports = if tcp.from_server {
        [SERVER_PORT, client_port]
    } else {
        [client_port, SERVER_PORT]
    };
    head.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    head.extend(tcp.seq.to_be_bytes());
    head.extend(tcp.ack.to_be_bytes());
    head.extend([(tcp_len as u8 / 4) << 4, tcp.flags]);
    head.extend(tcp.window.to_be_bytes());
    // The checksum covers the payload, which is cut off, and stays zero.
    head.extend([0; 4]);
    head.extend(&tcp.options);
    head
}

/// Checksum of an IPv4 header (RFC 1071).
fn checksum(header: &[u8]) -> u16 {
    let words = header
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    let mut sum: u32 = words.sum();
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !(sum as u16)
}
