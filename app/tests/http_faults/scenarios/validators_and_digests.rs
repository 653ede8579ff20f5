//! A file that is not what it was, or not what its digest says.

use super::CHANGED;
use crate::scenario::{Act, End, Scenario, When};

const DIGEST: &[&str] = &["digest", "checksum", "sha-256"];
/// SHA-256 of something else.
const WRONG: &str = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
const WRONG_RFC_3230: &str = "sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let second = Act::Version { seed: 2, longer: 0 };
    let longer = Act::Version {
        seed: 2,
        longer: 999,
    };
    let (no_etag, no_date) = (Act::Drop("ETag"), Act::Drop("Last-Modified"));
    let cut = [Act::Cut(60_000, End::Close)];
    let head = When::Method("HEAD");
    vec![
        new("the file changes")
            .when(When::Later, [second])
            .fails(CHANGED),
        new("the file changes while it is cut off")
            .when(When::First, cut)
            .when(When::Later, [second])
            .fails(CHANGED),
        new("the file changes, ETag alone tells")
            .always([no_date])
            .when(When::Later, [second, no_date])
            .fails(CHANGED),
        new("the file changes, Last-Modified alone tells")
            .always([no_etag])
            .when(When::Later, [second, no_etag])
            .fails(CHANGED),
        new("the size changes")
            .when(When::Later, [longer])
            .fails(CHANGED),
        new("the size changes, and nothing else tells")
            .always([no_etag, no_date])
            .when(When::Later, [longer, no_etag, no_date])
            .fails(&["changed", "size", "length"]),
        new("ETag changes, and the file does not")
            .when(When::Later, [Act::Set("ETag", "\"elsewhere\"")])
            .saved_or_fails(CHANGED),
        new("validators missing on later answers")
            .when(When::Later, [no_etag, no_date])
            .saved_or_fails(CHANGED),
        new("validators missing, and another file")
            .when(When::Later, [second, no_etag, no_date])
            .saved_or_fails(CHANGED),
        new("no validators").always([no_etag, no_date]),
        new("weak validator").always([Act::Set("ETag", "W/\"weak\"")]),
        new("HEAD refused")
            .when(head, [Act::Status(405)])
            .may_miss(),
        new("HEAD lies")
            .when(head, [Act::LengthOff(-5000), Act::Set("ETag", "\"head\"")])
            .may_miss(),
        new("digest that matches").always([Act::TrueDigest]),
        new("digest that does not match")
            .always([Act::Set("Repr-Digest", WRONG)])
            .fails(DIGEST),
        new("digest that does not match, by the old header")
            .always([Act::Set("Digest", WRONG_RFC_3230)])
            .fails(DIGEST),
        new("digest of the body that does not match")
            .always([Act::Set("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")])
            .fails(DIGEST),
        new("digest that nobody knows").always([Act::Set("Repr-Digest", "banana=:AAAA:")]),
        new("digest that means nothing")
            .always([Act::Set("Repr-Digest", "sha-256=:not base64:")])
            .saved_or_fails(DIGEST),
        new("bytes shifted, only the digest tells")
            .always([Act::TrueDigest])
            .when(When::FromMiddle, [Act::ShiftSecretly(1)])
            .fails(DIGEST),
        new("another file, only the digest tells")
            .always([no_etag, no_date, Act::TrueDigest])
            .when(When::FromMiddle, [second, no_etag, no_date])
            .fails(DIGEST),
    ]
}
