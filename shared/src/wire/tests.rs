use proptest::prelude::*;

use super::*;
use crate::catalog::Entry;
use crate::checksum::Digest;

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::InOrder), any::<u64>().prop_map(Order::Shuffled)]
}

fn digest() -> impl Strategy<Value = Option<Digest>> {
    prop::option::of(any::<[u8; 32]>().prop_map(Digest))
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        (any::<[u8; 16]>(), ".{0,200}")
            .prop_map(|(session, link)| Request::Hello { session, link }),
        ".{0,200}".prop_map(|after| Request::List { after }),
        (".{0,200}", any::<u32>())
            .prop_map(|(name, packet_len)| Request::Open { name, packet_len }),
        (any::<u64>(), any::<u64>(), order()).prop_map(|(first, count, order)| Request::Run(
            RunAsk {
                first,
                count,
                order
            }
        )),
        (0u16..999, 1u16..999, any::<u64>(), order()).prop_map(|(index, more, limit, order)| {
            Request::Share {
                index,
                of: index + more,
                limit,
                order,
            }
        }),
        any::<u64>().prop_map(|offset| Request::Stream { offset }),
        Just(Request::Digest),
        Just(Request::LinkReport),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    let entry =
        (".{0,50}", any::<u64>(), any::<i64>()).prop_map(|(name, len, modified_secs)| Entry {
            name,
            len,
            modified_secs,
        });
    let opened = (
        any::<u64>(),
        any::<u32>(),
        any::<i64>(),
        0u32..1_000_000_000,
        digest(),
    );
    let refusal = prop::sample::select(vec![
        Refusal::NoSuchFile,
        Refusal::TooManyConnections,
        Refusal::BadRequest,
        Refusal::Version,
        Refusal::Changed,
        Refusal::Unreadable,
        Refusal::Stopping,
    ]);
    prop_oneof![
        ".{0,100}".prop_map(|software| Reply::Welcome { software }),
        (prop::collection::vec(entry, 0..100), any::<bool>())
            .prop_map(|(entries, more)| Reply::Catalogue { entries, more }),
        opened.prop_map(|(len, packet_len, modified_secs, modified_nanos, digest)| {
            Reply::Opened(Opened {
                len,
                packet_len,
                modified_secs,
                modified_nanos,
                digest,
            })
        }),
        any::<u64>().prop_map(|len| Reply::Streaming { len }),
        (digest(), any::<u64>()).prop_map(|(digest, hashed)| Reply::DigestIs { digest, hashed }),
        any::<[u64; 3]>().prop_map(|[lateness_p99_us, dropped, lost]| {
            Reply::LinkReport(LinkReport {
                lateness_p99_us,
                dropped,
                lost,
            })
        }),
        (refusal, ".{0,200}").prop_map(|(refusal, message)| Reply::Refused { refusal, message }),
    ]
}

/// Splits one encoded frame into its kind and payload, as a reader of a socket does.
fn split(frame: &[u8]) -> (u8, &[u8]) {
    let header = Header::parse(frame[..HEADER_LEN].try_into().unwrap()).unwrap();
    assert_eq!(header.len as usize, frame.len() - HEADER_LEN);
    (header.kind, &frame[HEADER_LEN..])
}

proptest! {
    #[test]
    fn requests_come_back_as_they_were(request in request()) {
        let mut frame = Vec::new();
        request.encode(&mut frame);
        let (kind, payload) = split(&frame);
        prop_assert_eq!(Request::decode(kind, payload), Ok(request));
    }

    #[test]
    fn replies_come_back_as_they_were(reply in reply()) {
        let mut frame = Vec::new();
        reply.encode(&mut frame);
        let (kind, payload) = split(&frame);
        prop_assert_eq!(Reply::decode(kind, payload), Ok(reply));
    }

    #[test]
    fn a_message_cut_anywhere_is_refused(request in request(), reply in reply(), part in 0.0f64..1.0) {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        request.encode(&mut a);
        reply.encode(&mut b);
        let (kind, payload) = split(&a);
        let cut = (payload.len() as f64 * part) as usize;
        if cut < payload.len() {
            prop_assert!(Request::decode(kind, &payload[..cut]).is_err());
        }
        let (kind, payload) = split(&b);
        let cut = (payload.len() as f64 * part) as usize;
        if cut < payload.len() {
            prop_assert!(Reply::decode(kind, &payload[..cut]).is_err());
        }
    }

    #[test]
    fn garbage_is_refused_or_read_but_never_panics(kind: u8, payload in prop::collection::vec(any::<u8>(), 0..300), header: [u8; 4]) {
        let _ = Request::decode(kind, &payload);
        let _ = Reply::decode(kind, &payload);
        if let Ok(header) = Header::parse(header) {
            let longest = if header.kind == kind::PACKET { MAX_PACKET_LEN + 12 } else { MAX_MESSAGE_LEN };
            prop_assert!(header.len <= longest);
        }
    }

    #[test]
    fn one_flipped_byte_never_panics(reply in reply(), at: prop::sample::Index, to: u8) {
        let mut frame = Vec::new();
        reply.encode(&mut frame);
        let place = at.index(frame.len());
        frame[place] = to;
        let _ = Reply::decode(frame[0], &frame[HEADER_LEN..]);
    }

    #[test]
    fn packet_heads_come_back(id: u64, checksum: u32, len in 1u32..=MAX_PACKET_LEN) {
        let head = PacketHead { id, checksum };
        let frame = head.to_frame(len);
        let header = Header::parse(frame[..4].try_into().unwrap()).unwrap();
        prop_assert_eq!(header, Header { kind: kind::PACKET, len: len + 12 });
        prop_assert_eq!(PacketHead::parse(frame[4..].try_into().unwrap()), head);
    }
}

#[test]
fn another_version_is_named_whatever_follows_it() {
    assert_eq!(
        Request::decode(kind::HELLO, &[9, 0, 1, 2, 3]),
        Err(WireError::Version(9))
    );
    assert_eq!(
        Reply::decode(kind::WELCOME, &[2, 0]),
        Err(WireError::Version(2))
    );
}

#[test]
fn an_empty_packet_is_refused() {
    let header = Header {
        kind: kind::PACKET,
        len: 12,
    }
    .to_bytes();
    assert_eq!(
        Header::parse(header),
        Err(WireError::CutShort(kind::PACKET))
    );
}
