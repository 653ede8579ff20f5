//! Handles the replies, packets and stream bytes of the server.

use lanes_shared::wire::Reply;

use super::{LanesWorker, write_error};
use crate::model::spec::Mode;
use crate::protocol::error::{ConnectionError, ProtocolViolation};
use crate::protocol::lanes::connection::Sink;
use crate::transfer::events::Event;

/// Limit of damaged packets over one connection.
const MAX_DAMAGED_PACKETS: u32 = 16;

impl Sink for LanesWorker<'_> {
    fn reply(&mut self, reply: Reply) -> Result<(), ConnectionError> {
        match reply {
            Reply::Welcome { .. } if !self.welcomed => {
                self.welcomed = true;
                Ok(())
            }
            Reply::Opened(opened) => self.on_opened(opened),
            Reply::Streaming { len } if self.stream_requested => {
                self.stream_requested = false;
                let end = self.stream_at.checked_add(len);
                let expected = self.transfer.context.active().map(|file| file.info.len);
                if end == expected && self.writer.is_some() {
                    Ok(())
                } else {
                    Err(ProtocolViolation::Unrequested.into())
                }
            }
            Reply::DigestIs {
                digest: None,
                hashed,
            } if self.digest_requested => self.on_digest_pending(hashed),
            Reply::DigestIs {
                digest: Some(digest),
                ..
            } if self.digest_requested => {
                if let Some(file) = self.transfer.context.active()
                    && file.digest.set(digest).is_ok()
                {
                    self.transfer.events.send(Event::DigestKnown);
                }
                Ok(())
            }
            Reply::LinkReport(report) if self.report_requested => {
                // A second report is the same.
                self.transfer.duties.set_link_report(report);
                self.transfer.events.send(Event::LinkKnown);
                Ok(())
            }
            Reply::Welcome { .. }
            | Reply::Streaming { .. }
            | Reply::DigestIs { .. }
            | Reply::Catalogue { .. }
            | Reply::LinkReport(_)
            | Reply::ResultKept { .. }
            | Reply::Refused { .. } => Err(ProtocolViolation::Unrequested.into()),
        }
    }

    fn packet_begins(&mut self, id: u64, len: u32) -> Result<(), ConnectionError> {
        if self.transfer.context.spec.mode == Mode::Stream {
            return Err(ProtocolViolation::Unrequested.into());
        }
        self.writer()?.begin_packet(id, len).map_err(write_error)
    }

    fn packet_bytes(&mut self, id: u64, at: u32, bytes: &[u8]) -> Result<(), ConnectionError> {
        let packet_len = self
            .transfer
            .context
            .active()
            .map_or(0, |file| file.info.packet_len);
        let offset = id * u64::from(packet_len) + u64::from(at);
        self.writer()?.write(offset, bytes).map_err(write_error)?;
        self.transfer.counters[self.index].set_partial(u64::from(at) + bytes.len() as u64);
        Ok(())
    }

    fn packet_ends(&mut self, id: u64, good: bool) -> Result<(), ConnectionError> {
        self.transfer.counters[self.index].set_partial(0);
        let number = self.index + 1;
        if good {
            return self.writer()?.complete_packet(id).map_err(write_error);
        }
        self.writer()?.reject_packet(id).map_err(write_error)?;
        self.damaged_packets += 1;
        let notice = format!("Packet {id} arrived damaged over connection {number}; retrying");
        self.transfer.events.notice(notice);
        if self.damaged_packets >= MAX_DAMAGED_PACKETS {
            return Err(ProtocolViolation::DamagedPackets.into());
        }
        Ok(())
    }

    fn stream_bytes(&mut self, bytes: &[u8]) -> Result<(), ConnectionError> {
        let Some(file) = self.transfer.context.active() else {
            return Err(ProtocolViolation::Unrequested.into());
        };
        let (from, to) = (self.stream_at, self.stream_at + bytes.len() as u64);
        self.stream_at = to;
        let first = file.plan.id_at(from);
        let writer = self.writer()?;
        writer.write(from, bytes).map_err(write_error)?;
        // The last packet may be short; it is complete at the end of the file.
        let mut id = first;
        while id < file.plan.count() && file.plan.offset(id) + u64::from(file.plan.len_of(id)) <= to
        {
            writer.stream_passed(id).map_err(write_error)?;
            id += 1;
        }
        let partial = to.saturating_sub(file.plan.offset(id).min(to));
        self.transfer.counters[self.index].set_partial(partial);
        Ok(())
    }
}
