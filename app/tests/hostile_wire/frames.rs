//! Frames whose every field is at its extremes, at every place of a conversation.

use std::sync::Arc;

use lanes_shared::packet::MAX_PACKET_LEN;
use lanes_shared::wire::{HEADER_LEN, MAX_MESSAGE_LEN, Reply, Request, kind};

use super::hostile::{REPLIES, Talk, welcome};
use super::scenario::{Scenario, check_all};

/// The greeting, the file, the packets, the digest.
const PLACES: [&str; 4] = ["hello", "open", "packets", "digest"];

fn is_at(request: &Request, place: &str) -> bool {
    match request {
        Request::Hello { .. } => place == "hello",
        Request::Open { .. } => place == "open",
        Request::Run(_) | Request::Share { .. } | Request::Stream { .. } => place == "packets",
        Request::Digest => place == "digest",
        _ => false,
    }
}

/// A frame instead of the answer, with so many bytes of this kind, announced and there.
fn odd_frame(place: &'static str, kind: u8, len: u32, fill: u8) -> Scenario {
    let name = format!("{place}: kind {kind:#04x}, {len} bytes of {fill:#04x}");
    let payload: Arc<[u8]> = vec![fill; (len as usize).min(300_000)].into();
    Scenario::either(&name, move |talk: &mut Talk, _, request: &Request| {
        if !is_at(request, place) {
            return Ok(false);
        }
        talk.frame(kind, len, &payload)?;
        Ok(true)
    })
}

#[test]
fn every_kind_with_every_length_at_every_place() {
    let mut scenarios = Vec::new();
    for place in PLACES {
        for kind in REPLIES
            .into_iter()
            .chain([0x00, kind::HELLO, kind::RUN, 0x80, 0xFE])
        {
            for len in [
                0,
                1,
                8,
                9,
                MAX_MESSAGE_LEN,
                MAX_MESSAGE_LEN + 1,
                0x00FF_FFFF,
            ] {
                scenarios.push(odd_frame(place, kind, len, 0));
            }
        }
        let longest = MAX_PACKET_LEN + 8;
        for len in [longest, longest + 1] {
            scenarios.push(odd_frame(place, kind::PACKET, len, 0));
        }
        for kind in REPLIES {
            scenarios.push(odd_frame(place, kind, 20_000, 0xFF));
        }
    }
    check_all(scenarios);
}

#[test]
fn every_message_cut_short_and_with_bytes_left_over() {
    let mut scenarios = Vec::new();
    for (place, instead) in [("hello", welcome as fn() -> Reply), ("digest", known)] {
        for change in [-1, 1] {
            let name = format!("{place}: {change} bytes");
            let script = move |talk: &mut Talk, _: usize, request: &Request| {
                if !is_at(request, place) {
                    return Ok(false);
                }
                let mut out = Vec::new();
                instead().encode(&mut out);
                let payload = &mut out.split_off(HEADER_LEN);
                payload.resize(payload.len().saturating_add_signed(change), 0);
                talk.frame(out[0], payload.len() as u32, payload)?;
                Ok(true)
            };
            scenarios.push(Scenario::fails(&name, &["protocol"], script));
        }
    }
    check_all(scenarios);
}

fn known() -> Reply {
    Reply::DigestIs {
        digest: Some(lanes_shared::checksum::Digest([0; 32])),
        hashed: u64::MAX,
    }
}
