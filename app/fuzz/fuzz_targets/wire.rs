//! The Lanes protocol: bytes decode to a message or a typed error, and a message survives a round trip
//! through the codec.

#![no_main]

use lanes_shared::wire::{HEADER_LEN, Header, MAX_MESSAGE_LEN, Reply, Request, WireError, kind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER_LEN>() {
        let Ok(header) = Header::parse(*header) else {
            break;
        };
        assert_eq!(Header::parse(header.to_bytes()), Ok(header));
        assert!(header.kind == kind::PACKET || header.len <= MAX_MESSAGE_LEN);
        // A fuzzer does not guess checksums: the damaged frame must be rejected, then its payload is decoded
        // with the right header. A truncated payload can still be a shorter message.
        let len = behind.len().min(header.len as usize);
        let (payload, behind) = behind.split_at(len);
        let valid = Header::of(header.kind, payload);
        if header != valid {
            assert_eq!(Request::decode(header, payload), Err(WireError::ChecksumMismatch(header.kind)));
            assert_eq!(Reply::decode(header, payload), Err(WireError::ChecksumMismatch(header.kind)));
        }
        round_trip(valid, payload);
        rest = behind;
    }
});

fn round_trip(header: Header, payload: &[u8]) {
    let mut out = Vec::new();
    if let Ok(request) = Request::decode(header, payload) {
        request.encode(&mut out);
        let (header, payload) = split(&out);
        assert_eq!(Request::decode(header, payload), Ok(request));
    }
    out.clear();
    if let Ok(reply) = Reply::decode(header, payload) {
        reply.encode(&mut out);
        let (header, payload) = split(&out);
        assert_eq!(Reply::decode(header, payload), Ok(reply));
    }
}

fn split(frame: &[u8]) -> (Header, &[u8]) {
    let (header, payload) = frame.split_first_chunk::<HEADER_LEN>().expect("a header");
    (Header::parse(*header).expect("a valid header"), payload)
}
