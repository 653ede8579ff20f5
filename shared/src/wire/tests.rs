use proptest::prelude::*;

use super::*;
use crate::catalog::Entry;
use crate::checksum::Digest;
use crate::class_result::{ClassMode, ClassPoint, ClassResult, MAX_POINTS, Varied};
use crate::packet::MAX_PACKET_LEN;

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::InOrder), any::<u64>().prop_map(Order::Shuffled)]
}

fn digest() -> impl Strategy<Value = Option<Digest>> {
    prop::option::of(any::<[u8; 32]>().prop_map(Digest))
}

fn class_result() -> impl Strategy<Value = ClassResult> {
    let point = (
        any::<u64>(),
        ".{0,30}",
        1u32..,
        any::<u32>(),
        any::<[u32; 3]>(),
    )
        .prop_map(|(value, label, runs, failed, mut times)| {
            times.sort_unstable();
            let [min_us, median_us, max_us] = times.map(u64::from);
            ClassPoint {
                value,
                label,
                runs,
                failed,
                median_us,
                min_us,
                max_us,
            }
        });
    let points = prop::collection::vec(point, 1..MAX_POINTS);
    let kinds = (
        prop::sample::select(&ClassMode::ALL[..]),
        prop::sample::select(&Varied::ALL[..]),
    );
    let fixed = (any::<u64>(), any::<u16>(), any::<u32>());
    (".{0,40}", ".{0,90}", ".{0,90}", fixed, kinds, points).prop_map(
        |(name, file, link, fixed, (mode, varied), points)| ClassResult {
            name,
            file,
            file_len: fixed.0,
            mode,
            varied,
            connections: fixed.1,
            packet_len: fixed.2,
            link,
            points,
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        (any::<[u8; 16]>(), ".{0,200}")
            .prop_map(|(session, link)| Request::Hello { session, link }),
        ".{0,200}".prop_map(|after| Request::List { after }),
        (".{0,200}", any::<u32>())
            .prop_map(|(name, packet_len)| Request::Open { name, packet_len }),
        (any::<u64>(), any::<u64>(), order()).prop_map(|(first, count, order)| Request::Run(
            RunRequest {
                first,
                count,
                order
            }
        )),
        (0u16..999, 1u16..999, any::<u64>(), order()).prop_map(|(index, more, limit, order)| {
            Request::Segment {
                index,
                count: index + more,
                limit,
                order,
            }
        }),
        any::<u64>().prop_map(|offset| Request::Stream { offset }),
        Just(Request::Digest),
        Just(Request::LinkReport),
        class_result().prop_map(|result| Request::Result(Box::new(result))),
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
    let refusal = prop::sample::select(&Refusal::ALL[..]);
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
        (any::<bool>(), any::<u32>())
            .prop_map(|(is_replaced, kept)| Reply::ResultKept { is_replaced, kept }),
        (refusal, ".{0,200}").prop_map(|(refusal, message)| Reply::Refused { refusal, message }),
    ]
}

/// Splits an encoded frame into its header and payload, like a reader of a socket.
fn split(frame: &[u8]) -> (Header, &[u8]) {
    let header = Header::parse(frame[..HEADER_LEN].try_into().unwrap()).unwrap();
    assert_eq!(header.len as usize, frame.len() - HEADER_LEN);
    (header, &frame[HEADER_LEN..])
}

proptest! {
    #[test]
    fn requests_round_trip(request in request()) {
        let mut frame = Vec::new();
        request.encode(&mut frame);
        let (header, payload) = split(&frame);
        prop_assert_eq!(Request::decode(header, payload), Ok(request));
    }

    #[test]
    fn replies_round_trip(reply in reply()) {
        let mut frame = Vec::new();
        reply.encode(&mut frame);
        let (header, payload) = split(&frame);
        prop_assert_eq!(Reply::decode(header, payload), Ok(reply));
    }

    #[test]
    fn truncated_message_is_rejected(request in request(), reply in reply(), part in 0.0f64..1.0) {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        request.encode(&mut a);
        reply.encode(&mut b);
        let (header, payload) = split(&a);
        let cut = (payload.len() as f64 * part) as usize;
        if cut < payload.len() {
            prop_assert!(Request::decode(Header::of(header.kind, &payload[..cut]), &payload[..cut]).is_err());
        }
        let (header, payload) = split(&b);
        let cut = (payload.len() as f64 * part) as usize;
        if cut < payload.len() {
            prop_assert!(Reply::decode(Header::of(header.kind, &payload[..cut]), &payload[..cut]).is_err());
        }
    }

    #[test]
    fn random_bytes_never_panic(kind: u8, payload in prop::collection::vec(any::<u8>(), 0..300), header: [u8; 8]) {
        let header_of_payload = Header::of(kind, &payload);
        let _ = Request::decode(header_of_payload, &payload);
        let _ = Reply::decode(header_of_payload, &payload);
        if let Ok(header) = Header::parse(header) {
            let max_len = if header.kind == kind::PACKET { MAX_PACKET_LEN + 8 } else { MAX_MESSAGE_LEN };
            prop_assert!(header.len <= max_len);
        }
    }

    #[test]
    fn corruption_is_reported_as_a_checksum_mismatch(request in request(), reply in reply(), at: prop::sample::Index, bit in 0u8..8) {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        request.encode(&mut a);
        reply.encode(&mut b);
        for frame in [&mut a, &mut b] {
            // Skips the length: without it the end of the message is unknown.
            let position = match at.index(frame.len() - 3) {
                0 => 0,
                byte => byte + 3,
            };
            frame[position] ^= 1 << bit;
        }
        let (header, payload) = split(&a);
        prop_assert_eq!(Request::decode(header, payload), Err(WireError::ChecksumMismatch(header.kind)));
        // A corrupted kind may turn a reply into a packet with an invalid length.
        if let Ok(header) = Header::parse(b[..HEADER_LEN].try_into().unwrap()) {
            let decoded = Reply::decode(header, &b[HEADER_LEN..]);
            prop_assert_eq!(decoded, Err(WireError::ChecksumMismatch(header.kind)));
        }
    }

    #[test]
    fn packet_headers_round_trip(id: u64, len in 1u32..=MAX_PACKET_LEN, checksum: u32) {
        let head = PacketHeader { id, len };
        let bytes = head.to_bytes(checksum);
        let (header, id) = bytes.split_first_chunk().unwrap();
        let header = Header::parse(*header).unwrap();
        prop_assert_eq!(header, Header { kind: kind::PACKET, len: len + 8, checksum });
        prop_assert_eq!(PacketHeader::parse(header, id.try_into().unwrap()), head);
    }

    #[test]
    fn packet_checksum_equals_the_frame_checksum(id: u64, bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        let head = PacketHeader { id, len: bytes.len() as u32 };
        let payload = [&id.to_le_bytes()[..], &bytes].concat();
        let checksum = crate::checksum::frame_checksum(head.checksum_start(), &bytes);
        prop_assert_eq!(Header::of(kind::PACKET, &payload).checksum, checksum);
    }
}

#[test]
fn other_version_is_reported_regardless_of_the_payload() {
    let payload = [9, 0, 1, 2, 3];
    assert_eq!(
        Request::decode(Header::of(kind::HELLO, &payload), &payload),
        Err(WireError::Version(9))
    );
    assert_eq!(
        Reply::decode(Header::of(kind::WELCOME, &payload), &payload),
        Err(WireError::Version(9))
    );
}

#[test]
fn empty_packet_is_rejected() {
    let header = Header::of(kind::PACKET, &[0; 8]).to_bytes();
    assert_eq!(
        Header::parse(header),
        Err(WireError::Truncated(kind::PACKET))
    );
}

#[test]
fn length_mismatch_is_corruption_even_with_a_matching_checksum() {
    let payload = [0xff, 5, 9];
    let header = Header {
        len: 2309,
        ..Header::of(kind::RUN, &payload)
    };
    let checksum = crate::checksum::frame_checksum(0, &header.to_bytes()[..4]);
    let header = Header {
        checksum: crate::checksum::frame_checksum(checksum, &payload),
        ..header
    };
    let expected = WireError::ChecksumMismatch(kind::RUN);
    assert_eq!(Request::decode(header, &payload), Err(expected));
}

#[test]
fn a_result_is_laid_out_as_the_specification_says() {
    let result = ClassResult {
        name: "Ada".to_owned(),
        file: "f".to_owned(),
        file_len: 9,
        mode: ClassMode::Parallel,
        varied: Varied::Link,
        connections: 8,
        packet_len: 128,
        link: String::new(),
        points: vec![ClassPoint {
            value: 7,
            label: "x".to_owned(),
            runs: 2,
            failed: 1,
            median_us: 5,
            min_us: 4,
            max_us: 6,
        }],
    };
    let mut frame = Vec::new();
    Request::Result(Box::new(result)).encode(&mut frame);
    let fixed = b"\x01\x03\0Ada\x01\0f\x09\0\0\0\0\0\0\0\x02\x03\x08\0\x80\0\0\0\0\0\x01\0";
    let point = b"\x07\0\0\0\0\0\0\0\x01\0x\x02\0\0\0\x01\0\0\0\x05\0\0\0\0\0\0\0\
                  \x04\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0";
    assert_eq!(frame[0], kind::RESULT);
    assert_eq!(frame[HEADER_LEN..], [&fixed[..], point].concat());
}

#[test]
fn impossible_and_later_results_are_refused() {
    let result = |change: fn(&mut Vec<u8>)| {
        let mut frame = Vec::new();
        Request::Result(Box::new(plain_result())).encode(&mut frame);
        let mut payload = frame.split_off(HEADER_LEN);
        change(&mut payload);
        Request::decode(Header::of(kind::RESULT, &payload), &payload).unwrap_err()
    };
    let invalid = |field| WireError::InvalidField {
        kind: kind::RESULT,
        field,
    };
    assert_eq!(result(|bytes| bytes[0] = 2), invalid("layout"));
    assert_eq!(result(|bytes| bytes[13] = 3), invalid("mode"));
    assert_eq!(result(|bytes| bytes[14] = 4), invalid("varied quantity"));
    assert_eq!(result(|bytes| bytes[23] = 0), invalid("number of values"));
    assert_eq!(
        result(|bytes| bytes[23] = 65),
        WireError::Truncated(kind::RESULT)
    );
    let too_long = Header {
        kind: kind::RESULT,
        len: MAX_RESULT_LEN + 1,
        checksum: 0,
    };
    assert!(matches!(
        Header::parse(too_long.to_bytes()),
        Err(WireError::TooLong { .. })
    ));
}

/// Returns a result with empty texts, whose fields stand at fixed offsets.
fn plain_result() -> ClassResult {
    ClassResult {
        name: String::new(),
        file: String::new(),
        file_len: 0,
        mode: ClassMode::Stream,
        varied: Varied::Connections,
        connections: 0,
        packet_len: 0,
        link: String::new(),
        points: vec![ClassPoint {
            value: 1,
            label: String::new(),
            runs: 1,
            failed: 0,
            median_us: 1,
            min_us: 1,
            max_us: 1,
        }],
    }
}

#[test]
fn the_longest_result_fits_its_frame() {
    let text = "\u{10ffff}".repeat(crate::class_result::MAX_TEXT_CHARS);
    let mut longest = plain_result();
    (longest.name, longest.file, longest.link) = (text.clone(), text.clone(), text.clone());
    longest.points[0].label = text;
    longest.points = vec![longest.points[0].clone(); MAX_POINTS];
    let mut frame = Vec::new();
    Request::Result(Box::new(longest.clone())).encode(&mut frame);
    let (header, payload) = split(&frame);
    let decoded = Request::decode(header, payload);
    assert_eq!(decoded, Ok(Request::Result(Box::new(longest))));
}
