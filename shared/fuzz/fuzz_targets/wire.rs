//! The Lanes protocol: whatever comes over a connection is a message or a typed refusal, and a
//! message says the same when it is written and read again.

#![no_main]

use lanes_shared::wire::{HEADER_LEN, Header, MAX_MESSAGE_LEN, Reply, Request, kind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER_LEN>() {
        let Ok(header) = Header::parse(*header) else {
            break;
        };
        assert_eq!(Header::parse(header.to_bytes()), Ok(header));
        assert!(header.kind == kind::PACKET || header.len <= MAX_MESSAGE_LEN);
        // A frame that says more than there is: what there is may still be a shorter message.
        let len = behind.len().min(header.len as usize);
        let (payload, behind) = behind.split_at(len);
        read(header.kind, payload);
        rest = behind;
    }
});

fn read(kind: u8, payload: &[u8]) {
    let mut out = Vec::new();
    if let Ok(request) = Request::decode(kind, payload) {
        request.encode(&mut out);
        assert_eq!(Request::decode(out[0], &out[HEADER_LEN..]), Ok(request));
    }
    out.clear();
    if let Ok(reply) = Reply::decode(kind, payload) {
        reply.encode(&mut out);
        assert_eq!(Reply::decode(out[0], &out[HEADER_LEN..]), Ok(reply));
    }
}
