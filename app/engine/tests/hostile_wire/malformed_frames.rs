//! Frames with extreme values in every field, as the reply to every kind of request.

use std::sync::Arc;

use lanes_shared::packet::MAX_PACKET_LEN;
use lanes_shared::wire::{HEADER_LEN, MAX_MESSAGE_LEN, Reply, Request, kind};

use super::hostile_server::{Connection, REPLIES, welcome};
use super::scenario::{Scenario, check_all};

/// Requests that are answered with a malformed frame.
const STAGES: [&str; 4] = ["hello", "open", "packets", "digest"];

fn is_at(request: &Request, stage: &str) -> bool {
    match request {
        Request::Hello { .. } => stage == "hello",
        Request::Open { .. } => stage == "open",
        Request::Run(_) | Request::Segment { .. } | Request::Stream { .. } => stage == "packets",
        Request::Digest => stage == "digest",
        _ => false,
    }
}

/// Replies with a frame of this kind whose payload is `len` bytes of `fill`, but sends at most 300 kB.
fn malformed_frame(stage: &'static str, kind: u8, len: u32, fill: u8) -> Scenario {
    let name = format!("{stage}: kind {kind:#04x}, {len} bytes of {fill:#04x}");
    let payload: Arc<[u8]> = vec![fill; (len as usize).min(300_000)].into();
    Scenario::either(
        &name,
        move |connection: &mut Connection, _, request: &Request| {
            if !is_at(request, stage) {
                return Ok(false);
            }
            connection.send_frame(kind, len, &payload)?;
            Ok(true)
        },
    )
}

#[test]
fn every_frame_kind_with_extreme_lengths_ends_with_the_file_or_a_readable_error() {
    let mut scenarios = Vec::new();
    for stage in STAGES {
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
                scenarios.push(malformed_frame(stage, kind, len, 0));
            }
        }
        let longest = MAX_PACKET_LEN + 8;
        for len in [longest, longest + 1] {
            scenarios.push(malformed_frame(stage, kind::PACKET, len, 0));
        }
        for kind in REPLIES {
            scenarios.push(malformed_frame(stage, kind, 20_000, 0xFF));
        }
    }
    check_all(scenarios);
}

#[test]
fn messages_that_are_one_byte_too_short_or_too_long_are_rejected() {
    let mut scenarios = Vec::new();
    for (stage, reply) in [
        ("hello", welcome as fn() -> Reply),
        ("digest", wrong_digest),
    ] {
        for change in [-1, 1] {
            let name = format!("{stage}: {change:+} byte");
            let script = move |connection: &mut Connection, _: usize, request: &Request| {
                if !is_at(request, stage) {
                    return Ok(false);
                }
                let mut out = Vec::new();
                reply().encode(&mut out);
                let payload = &mut out.split_off(HEADER_LEN);
                payload.resize(payload.len().saturating_add_signed(change), 0);
                connection.send_frame(out[0], payload.len() as u32, payload)?;
                Ok(true)
            };
            scenarios.push(Scenario::fails(&name, &["protocol"], script));
        }
    }
    check_all(scenarios);
}

fn wrong_digest() -> Reply {
    Reply::DigestIs {
        digest: Some(lanes_shared::checksum::Digest([0; 32])),
        hashed: u64::MAX,
    }
}
