//! The Lanes protocol: whatever comes over a connection is a message or a typed refusal, and a
//! message says the same when it is written and read again.

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
        // Nobody guesses a checksum: what was damaged is refused, and read as if it were right.
        // A frame that says more than there is: what there is may still be a shorter message.
        let len = behind.len().min(header.len as usize);
        let (payload, behind) = behind.split_at(len);
        let right = Header::of(header.kind, payload);
        if header != right {
            assert_eq!(Request::decode(header, payload), Err(WireError::ChecksumMismatch(header.kind)));
            assert_eq!(Reply::decode(header, payload), Err(WireError::ChecksumMismatch(header.kind)));
        }
        read(right, payload);
        rest = behind;
    }
});

fn read(header: Header, payload: &[u8]) {
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
    (Header::parse(*header).expect("a right one"), payload)
}
