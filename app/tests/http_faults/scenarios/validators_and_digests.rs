//! Files that change during the download, and digests that do not match.

use super::CHANGED;
use crate::scenario::{Action, End, Scenario, When};

const DIGEST: &[&str] = &["digest", "checksum", "sha-256"];
/// SHA-256 of the empty file.
const WRONG_DIGEST: &str = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
const WRONG_DIGEST_RFC_3230: &str = "sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let second = Action::OtherVersion { seed: 2, longer: 0 };
    let longer = Action::OtherVersion {
        seed: 2,
        longer: 999,
    };
    let (no_etag, no_date) = (
        Action::RemoveHeader("ETag"),
        Action::RemoveHeader("Last-Modified"),
    );
    let cut = [Action::CutBody(60_000, End::Close)];
    let head = When::Method("HEAD");
    vec![
        new("file changes")
            .when(When::LaterGets, [second])
            .fails(CHANGED),
        new("file changes after a truncated first response")
            .when(When::FirstGet, cut)
            .when(When::LaterGets, [second])
            .fails(CHANGED),
        new("file changes, only ETag differs")
            .always([no_date])
            .when(When::LaterGets, [second, no_date])
            .fails(CHANGED),
        new("file changes, only Last-Modified differs")
            .always([no_etag])
            .when(When::LaterGets, [second, no_etag])
            .fails(CHANGED),
        new("size changes")
            .when(When::LaterGets, [longer])
            .fails(CHANGED),
        new("size changes, no validators")
            .always([no_etag, no_date])
            .when(When::LaterGets, [longer, no_etag, no_date])
            .fails(&["changed", "size", "length"]),
        new("ETag changes, file does not").when(
            When::LaterGets,
            [Action::SetHeader("ETag", "\"elsewhere\"")],
        ),
        new("later responses without validators")
            .when(When::LaterGets, [no_etag, no_date])
            .saved_or_fails(CHANGED),
        new("later responses without validators and with another file")
            .when(When::LaterGets, [second, no_etag, no_date])
            .saved_or_fails(CHANGED),
        new("no validators").always([no_etag, no_date]),
        new("weak validator").always([Action::SetHeader("ETag", "W/\"weak\"")]),
        new("HEAD rejected")
            .when(head, [Action::Status(405)])
            .fault_optional(),
        new("HEAD with wrong headers")
            .when(
                head,
                [
                    Action::OffsetContentLength(-5000),
                    Action::SetHeader("ETag", "\"head\""),
                ],
            )
            .fault_optional(),
        new("correct digest").always([Action::CorrectDigest]),
        new("wrong Repr-Digest")
            .always([Action::SetHeader("Repr-Digest", WRONG_DIGEST)])
            .fails(DIGEST),
        new("wrong Digest (RFC 3230)")
            .always([Action::SetHeader("Digest", WRONG_DIGEST_RFC_3230)])
            .fails(DIGEST),
        new("wrong Content-MD5")
            .always([Action::SetHeader("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")])
            .fails(DIGEST),
        new("unknown digest algorithm").always([Action::SetHeader("Repr-Digest", "banana=:AAAA:")]),
        new("digest that is not base64")
            .always([Action::SetHeader("Repr-Digest", "sha-256=:not base64:")])
            .saved_or_fails(DIGEST),
        new("shifted body, only the digest differs")
            .always([Action::CorrectDigest])
            .when(When::NonInitialRange, [Action::ShiftBody(1)])
            .fails(DIGEST),
        new("file changes, only the digest differs")
            .always([no_etag, no_date, Action::CorrectDigest])
            .when(When::NonInitialRange, [second, no_etag, no_date])
            .fails(DIGEST),
    ]
}
