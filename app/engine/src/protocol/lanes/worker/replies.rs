//! What the server says over the connection, taken in.

use lanes_shared::wire::Reply;

use super::{Session, landing_error};
use crate::model::spec::Mode;
use crate::protocol::lanes::connection::{ConnectionError, Sink, unasked};
use crate::transfer::shared::Event;

/// Damaged packets after which a connection is given up.
const MAX_DAMAGED: u32 = 16;

impl Sink for Session<'_> {
    fn reply(&mut self, reply: Reply) -> Result<(), ConnectionError> {
        match reply {
            Reply::Welcome { .. } if !self.welcomed => {
                self.welcomed = true;
                Ok(())
            }
            Reply::Opened(opened) => self.opened(opened),
            Reply::Streaming { len } if self.stream_asked => {
                self.stream_asked = false;
                let end = self.stream_at.checked_add(len);
                let expected = self.transfer.active().map(|active| active.facts.len);
                if end == expected && self.landing.is_some() {
                    Ok(())
                } else {
                    Err(unasked())
                }
            }
            Reply::DigestIs {
                digest: None,
                hashed,
            } if self.digest_asked => self.waits_for_digest(hashed),
            Reply::DigestIs {
                digest: Some(digest),
                ..
            } if self.digest_asked => {
                if let Some(active) = self.transfer.active()
                    && active.digest.set(digest).is_ok()
                {
                    self.transfer.send(Event::DigestKnown);
                }
                Ok(())
            }
            Reply::LinkReport(report) if self.report_asked => {
                // A second one would say the same.
                let _ = self.transfer.link_report.set(report);
                self.transfer.send(Event::LinkKnown);
                Ok(())
            }
            Reply::Welcome { .. }
            | Reply::Streaming { .. }
            | Reply::DigestIs { .. }
            | Reply::Catalogue { .. }
            | Reply::LinkReport(_)
            | Reply::Refused { .. } => Err(unasked()),
        }
    }

    fn packet_begins(&mut self, id: u64, len: u32) -> Result<(), ConnectionError> {
        if self.transfer.request.mode == Mode::Stream {
            return Err(unasked());
        }
        self.landing()?.begin(id, len).map_err(landing_error)
    }

    fn packet_bytes(&mut self, id: u64, at: u32, bytes: &[u8]) -> Result<(), ConnectionError> {
        let packet_len = self
            .transfer
            .active()
            .map_or(0, |active| active.facts.packet_len);
        let offset = id * u64::from(packet_len) + u64::from(at);
        self.landing()?
            .write(offset, bytes)
            .map_err(landing_error)?;
        self.transfer.meters[self.index].set_partial(u64::from(at) + bytes.len() as u64);
        Ok(())
    }

    fn packet_ends(&mut self, id: u64, good: bool) -> Result<(), ConnectionError> {
        self.transfer.meters[self.index].set_partial(0);
        let number = self.index + 1;
        if good {
            return self.landing()?.whole(id).map_err(landing_error);
        }
        self.landing()?.damaged(id).map_err(landing_error)?;
        self.damaged += 1;
        let notice =
            format!("Packet {id} came damaged over connection {number}; fetching it again");
        self.transfer.send(Event::Notice(notice));
        if self.damaged >= MAX_DAMAGED {
            return Err(ConnectionError::Protocol("its packets come damaged".into()));
        }
        Ok(())
    }

    fn stream_bytes(&mut self, bytes: &[u8]) -> Result<(), ConnectionError> {
        let Some(active) = self.transfer.active() else {
            return Err(unasked());
        };
        let (from, to) = (self.stream_at, self.stream_at + bytes.len() as u64);
        self.stream_at = to;
        let first = active.plan.id_at(from);
        let landing = self.landing()?;
        landing.write(from, bytes).map_err(landing_error)?;
        // The last packet may be short: it is passed when the file is.
        let mut id = first;
        while id < active.plan.count()
            && active.plan.offset(id) + u64::from(active.plan.len_of(id)) <= to
        {
            landing.passed(id).map_err(landing_error)?;
            id += 1;
        }
        let partial = to.saturating_sub(active.plan.offset(id).min(to));
        self.transfer.meters[self.index].set_partial(partial);
        Ok(())
    }
}
