//! Bytes of an HTTP/3 server: frames, field sections, its own streams, and `Alt-Svc`. They are untrusted.

#![no_main]

#[path = "../../engine/src/protocol/http3/alternative_service.rs"]
mod alternative_service;
#[path = "../../engine/src/protocol/http3/parse/mod.rs"]
#[allow(dead_code, reason = "only the readers are used")]
mod parse;

use libfuzzer_sys::fuzz_target;
use parse::field_section::{MAX_FIELDS_LEN, decode};
use parse::response::ResponseReader;
use parse::server_stream::{OpenedTypes, ServerStream};

/// Reads a response in parts. Returns its status, the length of its body, and whether it is complete.
fn response(stream: &[u8], step: usize) -> Option<(Option<u16>, u64, bool)> {
    let mut reader = ResponseReader::new();
    for mut part in stream.chunks(step) {
        while let Some(body) = reader.next(&mut part).ok()? {
            assert!(!body.is_empty());
        }
    }
    assert!(reader.received() <= stream.len() as u64);
    let status = reader.head().map(|head| head.status);
    assert!(status.is_none_or(|status| (200..600).contains(&status)));
    Some((status, reader.received(), reader.finish().is_ok()))
}

fuzz_target!(|bytes: &[u8]| {
    let Some((step, stream)) = bytes.split_first() else {
        return;
    };
    let step = usize::from(*step).max(1);
    assert_eq!(response(stream, step), response(stream, stream.len().max(1)));
    let mut total = 0;
    let _ = decode(stream, &mut |name, value| {
        total += name.len() + value.len();
        Ok(())
    });
    assert!(total <= MAX_FIELDS_LEN);
    let (mut server, mut opened) = (ServerStream::new(), OpenedTypes::default());
    let mut parts = stream.chunks(step);
    let _ = parts.try_for_each(|part| server.read(part, &mut opened));
    let _ = server.finish();
    if let Some(service) = std::str::from_utf8(stream).ok().and_then(alternative_service::http3) {
        assert!(service.port > 0);
    }
});
