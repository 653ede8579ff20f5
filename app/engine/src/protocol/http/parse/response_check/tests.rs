use super::*;

fn headers(lines: &str) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in lines.split('|').filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(name, value.parse().unwrap());
    }
    map
}

fn describe(requested: RangeRequest, status: u16, lines: &str) -> String {
    let status = StatusCode::from_u16(status).unwrap();
    describe_known(requested, status, lines, &Expected::default())
}

fn describe_known(
    requested: RangeRequest,
    status: StatusCode,
    lines: &str,
    expected: &Expected<'_>,
) -> String {
    match check(requested, status, &headers(lines), expected) {
        Ok((Content::Whole, info)) if info.is_page => format!("page, {:?}", info.len),
        Ok((Content::Coded(codings), info)) => format!("coded {codings:?}, {:?}", info.len),
        Ok((Content::Part(bytes), info)) => format!("part {bytes:?} of {:?}", info.len),
        Ok((Content::Whole, info)) => format!("whole, {:?}", info.len),
        Err(Rejection::Busy { retry_after, .. }) => format!("busy {retry_after:?}"),
        Err(Rejection::Denied(_)) => "denied".into(),
        Err(Rejection::RangeNotSatisfiable { len }) => format!("beyond {len:?}"),
        Err(Rejection::Mismatch(_)) => "mismatch".into(),
        Err(Rejection::Permanent(_)) => "permanent".into(),
    }
}

#[test]
fn only_the_requested_range_counts() {
    use RangeRequest::{From, Part, Whole};
    for (requested, status, lines, expected) in [
        (
            From(0),
            206,
            "content-range: bytes 0-99/100|content-length: 100",
            "part 0..100 of Some(100)",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 10-19/100",
            "part 10..20 of Some(100)",
        ),
        (
            Part(90, 200),
            206,
            "content-range: bytes 90-99/100",
            "part 90..100 of Some(100)",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 11-20/100",
            "mismatch",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 10-18/100",
            "mismatch",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 10-99/100",
            "part 10..100 of Some(100)",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 10-98/100",
            "part 10..99 of Some(100)",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 5-19/100",
            "part 5..20 of Some(100)",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 20-29/100",
            "mismatch",
        ),
        (
            Part(0, 200_000),
            206,
            "content-range: bytes 0-99999/500000",
            "part 0..100000 of Some(500000)",
        ),
        (
            From(0),
            206,
            "content-range: bytes 0-99999/500000",
            "part 0..100000 of Some(500000)",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 100-99/100",
            "beyond Some(100)",
        ),
        (
            Part(10, 20),
            200,
            "content-range: bytes 10-19/100|content-length: 10",
            "part 10..20 of Some(100)",
        ),
        (
            Part(10, 20),
            200,
            "content-range: bytes 10-19/100|content-length: 100",
            "whole, Some(100)",
        ),
        (
            From(0),
            200,
            "content-range: bytes 0-99/100|content-length: 100",
            "whole, Some(100)",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 0-99/100",
            "whole, Some(100)",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 10-19/*",
            "mismatch",
        ),
        (
            Part(10, 20),
            206,
            "content-range: bytes 10-19/100|content-length: 11",
            "mismatch",
        ),
        (
            Part(10, 20),
            206,
            "content-type: multipart/byteranges",
            "mismatch",
        ),
        (Whole, 206, "content-range: bytes 0-99/100", "mismatch"),
        (From(0), 200, "content-length: 100", "whole, Some(100)"),
        (From(0), 200, "transfer-encoding: chunked", "whole, None"),
        (From(0), 200, "content-length: -5", "mismatch"),
        (
            From(0),
            200,
            "content-length: 5|content-encoding: gzip",
            "permanent",
        ),
        (
            From(0),
            200,
            "content-length: 5|content-encoding: identity",
            "whole, Some(5)",
        ),
        (From(0), 200, "content-type: text/html", "page, None"),
        (
            From(0),
            200,
            "content-type: text/html|content-length: 7",
            "page, Some(7)",
        ),
        (
            From(0),
            200,
            "content-type: text/html|content-length: 7|content-disposition: attachment",
            "whole, Some(7)",
        ),
        (From(0), 203, "content-length: 7", "whole, Some(7)"),
        (From(0), 200, "content-length: 7, 7", "whole, Some(7)"),
        (
            From(0),
            200,
            "content-length: 7|content-length: 07,7",
            "whole, Some(7)",
        ),
        (From(0), 200, "content-length: 7, 8", "mismatch"),
        (
            From(0),
            200,
            "content-length: 7|content-length: 8",
            "mismatch",
        ),
        (From(0), 200, "content-length: 7,", "mismatch"),
        (From(0), 200, "transfer-encoding: chunked", "whole, None"),
        (
            From(0),
            200,
            "transfer-encoding: gzip, chunked",
            "permanent",
        ),
        (
            From(0),
            200,
            "transfer-encoding: banana, chunked",
            "permanent",
        ),
        (From(0), 416, "content-range: bytes */0", "beyond Some(0)"),
        (From(0), 503, "retry-after: 7", "busy Some(7s)"),
        (From(0), 429, "", "busy None"),
        (From(0), 404, "", "denied"),
        (From(0), 502, "", "mismatch"),
        (From(0), 204, "", "beyond Some(0)"),
        (From(0), 204, "content-length: 5", "permanent"),
    ] {
        assert_eq!(
            describe(requested, status, lines),
            expected,
            "{requested:?} {status} {lines}"
        );
    }
}

#[test]
fn head_contains_the_version_and_the_name() {
    let lines = "content-length: 3|etag: W/\"x\"|last-modified: Mon|content-disposition: attachment; filename=\"n.zip\"";
    let (_, info) = check(
        RangeRequest::From(0),
        StatusCode::OK,
        &headers(lines),
        &Expected::default(),
    )
    .unwrap();
    assert_eq!(info.name.as_deref(), Some("n.zip"));
    let version = Version::Validators {
        etag: Some("W/\"x\"".into()),
        last_modified: Some("Mon".into()),
    };
    assert_eq!(info.version, version);
}

#[test]
fn known_facts_about_the_file_complete_a_head() {
    let describe = |requested, status, lines, expected: Expected<'_>| {
        describe_known(requested, status, lines, &expected)
    };
    let part = RangeRequest::Part(10, 20);
    let (ok, partial) = (StatusCode::OK, StatusCode::PARTIAL_CONTENT);
    let known = Expected {
        len: Some(100),
        ..Expected::default()
    };
    let unknown_total = "content-range: bytes 10-19/*";
    assert_eq!(
        describe(part, partial, unknown_total, known),
        "part 10..20 of Some(100)"
    );
    let shrunk = "content-range: bytes 10-19/15";
    assert_eq!(describe(part, partial, shrunk, known), "beyond Some(15)");
    let other_part = "content-range: bytes 0-4/15";
    assert_eq!(
        describe(part, partial, other_part, known),
        "beyond Some(15)"
    );
    assert_eq!(
        describe(part, partial, shrunk, Expected::default()),
        "mismatch"
    );
    let beyond = "content-range: bytes 95-104/*";
    assert_eq!(
        describe(RangeRequest::Part(95, 100), partial, beyond, known),
        "mismatch"
    );

    let coded = "content-length: 5|content-encoding: gzip";
    let decodes = Expected {
        may_decode: true,
        ..Expected::default()
    };
    assert_eq!(
        describe(RangeRequest::Whole, ok, coded, decodes),
        "coded [Gzip], None"
    );
    let transfer_coded = "transfer-encoding: gzip, chunked|content-encoding: deflate";
    assert_eq!(
        describe(RangeRequest::Whole, ok, transfer_coded, decodes),
        "coded [Deflate, Gzip], None"
    );
    let names = Expected {
        names: &["blob", "a.tgz"],
        ..decodes
    };
    assert_eq!(
        describe(RangeRequest::Whole, ok, coded, names),
        "whole, Some(5)"
    );
    let coded_part = "content-range: bytes 10-19/100|content-encoding: gzip";
    assert_eq!(describe(part, partial, coded_part, decodes), "permanent");
}

#[test]
fn announced_ranges_are_read() {
    for (lines, expected) in [
        ("accept-ranges: bytes", true),
        ("accept-ranges: none, Bytes", true),
        ("content-range: bytes 0-6/7", true),
        ("accept-ranges: none", false),
        ("", false),
    ] {
        let lines = format!("content-length: 7|{lines}");
        let headers = headers(&lines);
        let (_, info) = check(
            RangeRequest::From(0),
            StatusCode::OK,
            &headers,
            &Expected::default(),
        )
        .unwrap();
        assert_eq!(info.accepts_ranges, expected, "{lines}");
    }
}

#[test]
fn single_bytes_are_requested_with_a_neighbour() {
    use RangeRequest::Part;
    for (range, len, requested) in [
        (5..6, Some(6), Part(4, 6)),
        (0..1, Some(9), Part(0, 2)),
        (0..1, Some(1), Part(0, 1)),
        (0..1, None, Part(0, 1)),
        (5..7, Some(9), Part(5, 7)),
    ] {
        assert_eq!(RangeRequest::of(&range, len), requested);
    }
}
