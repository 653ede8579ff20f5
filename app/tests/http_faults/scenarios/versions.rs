//! Servers that report different versions of one file, and files that change while their bytes arrive.

use std::time::Duration;

use super::CHANGED;
use crate::scenario::{Action, End, LEN, Scenario, When};

const OTHER_ETAG: Action = Action::SetHeader("ETag", "\"other-node\"");
const OTHER_DATE: Action = Action::SetHeader("Last-Modified", "Tue, 06 Feb 2024 09:00:00 GMT");
const NO_ETAG: Action = Action::RemoveHeader("ETag");
const NO_DATE: Action = Action::RemoveHeader("Last-Modified");
const SECOND: Action = Action::OtherVersion { seed: 2, longer: 0 };
/// The validators of the first version, also for other bytes.
const OLD_ETAG: Action = Action::SetHeader("ETag", "\"version-1\"");
const OLD_DATE: Action = Action::SetHeader("Last-Modified", "Mon, 01 Jan 2024 10:00:00 GMT");

pub fn scenarios() -> Vec<Scenario> {
    [
        nodes(),
        growing(),
        overwritten(),
        appearing_and_vanishing(),
        made_for_each_response(),
    ]
    .concat()
}

/// Nodes of one server that describe the same bytes differently.
fn nodes() -> Vec<Scenario> {
    let new = Scenario::new;
    let cut = [Action::CutBody(300_000, End::Close)];
    let second = When::EveryNthGet(2);
    vec![
        new("nodes with different ETags").when(second, [OTHER_ETAG]),
        new("nodes with different weak ETags")
            .always([Action::SetHeader("ETag", "W/\"node\"")])
            .when(second, [Action::SetHeader("ETag", "W/\"other\"")]),
        new("nodes with different dates, no ETag")
            .always([NO_ETAG])
            .when(second, [OTHER_DATE]),
        new("nodes with different dates, equal ETag").when(second, [OTHER_DATE]),
        new("nodes with different ETags and dates").when(second, [OTHER_ETAG, OTHER_DATE]),
        new("nodes with different ETags, one without")
            .when(When::EveryNthGet(3), [NO_ETAG, OTHER_DATE]),
        new("nodes with different ETags, truncated responses")
            .always(cut)
            .when(second, [OTHER_ETAG])
            .within_secs(60),
        new("other ETag after a truncated first response")
            .when(When::FirstGet, cut)
            .when(When::LaterGets, [OTHER_ETAG]),
        new("other ETag and date after a truncated first response")
            .when(When::FirstGet, cut)
            .when(When::LaterGets, [OTHER_ETAG, OTHER_DATE]),
        new("ETag of each response").always([Action::UniqueETag]),
        new("ETag of each response, no date").always([Action::UniqueETag, NO_DATE]),
        new("ETag of each response, truncated responses")
            .always(cut)
            .always([Action::UniqueETag])
            .within_secs(60),
        new("ETag of each response, whole file only")
            .always([Action::IgnoreRange, Action::UniqueETag]),
        new("other ETag after a truncated response, whole file only")
            .always([Action::IgnoreRange])
            .when(When::FirstGet, cut)
            .when(When::LaterGets, [OTHER_ETAG, OTHER_DATE]),
    ]
}

/// Files that grow: what was asked for first is saved.
fn growing() -> Vec<Scenario> {
    let new = Scenario::new;
    let longer = |longer| Action::OtherVersion { seed: 1, longer };
    vec![
        new("file grows once").when(When::LaterGets, [longer(5000), OTHER_ETAG]),
        new("file grows with each response, no ETag")
            .always([NO_ETAG])
            .when(When::LaterGets, [longer(5000), NO_ETAG, OTHER_DATE])
            .when(When::EveryNthGet(2), [longer(3000), NO_ETAG])
            .when(When::EveryNthGet(3), [longer(800), NO_ETAG, OTHER_DATE]),
        new("file grows, no validators")
            .always([NO_ETAG, NO_DATE])
            .when(When::LaterGets, [longer(1), NO_ETAG, NO_DATE]),
        new("file grows, no validators, truncated responses")
            .always([Action::CutBody(300_000, End::Close)])
            .always([NO_ETAG, NO_DATE])
            .when(When::LaterGets, [longer(5000), NO_ETAG, NO_DATE])
            .within_secs(60),
        // The connections that receive nothing have nearly given up when the one that receives is cut.
        new("file grows, no validators, truncated after 5 s")
            .len(1_200_000)
            .rate(100_000)
            .always([NO_ETAG, NO_DATE])
            .when(When::LaterGets, [longer(5000), NO_ETAG, NO_DATE])
            .when(When::EveryNthGet(2), [longer(9000), NO_ETAG, NO_DATE])
            .when(When::Always, [Action::CutBody(500_000, End::Close)])
            .within_secs(90),
        new("file grows after a truncated first response")
            .when(When::FirstGet, [Action::CutBody(300_000, End::Close)])
            .when(When::LaterGets, [longer(5000), Action::UniqueETag]),
        new("file grows, truncated responses")
            .always([Action::CutBody(300_000, End::Close)])
            .when(When::LaterGets, [longer(5000), Action::UniqueETag])
            .within_secs(60),
    ]
}

/// Files that are overwritten, replaced or cut while their bytes arrive.
fn overwritten() -> Vec<Scenario> {
    let new = Scenario::new;
    let half = LEN / 2;
    // So that the download takes longer than a second over any number of connections.
    let late = Action::Delay(Duration::from_millis(1100));
    let in_place = Action::Overwrite(half, LEN);
    let stay = [SECOND, OLD_ETAG, OLD_DATE];
    let later = When::PathAfterSent("/file.bin", half);
    let made = |seed| Action::OtherVersion { seed, longer: 0 };
    vec![
        new("overwritten in place")
            .when(When::FirstGet, [in_place, late])
            .when(When::LaterGets, [SECOND])
            .fails(CHANGED),
        new("overwritten in place, no ETag")
            .always([NO_ETAG])
            .when(When::FirstGet, [in_place, late])
            .when(When::LaterGets, [SECOND, NO_ETAG])
            .fails(CHANGED),
        new("overwritten in place, validators stay")
            .when(When::FirstGet, [in_place, late])
            .when(When::LaterGets, stay)
            .fails(CHANGED),
        new("overwritten in place, no validators")
            .always([NO_ETAG, NO_DATE])
            .when(When::FirstGet, [in_place, late])
            .when(When::LaterGets, [SECOND, NO_ETAG, NO_DATE])
            .fails(CHANGED),
        new("overwritten in place, whole file only")
            .always([Action::IgnoreRange])
            .when(When::FirstGet, [in_place, late])
            .when(When::LaterGets, [SECOND])
            .fails(CHANGED),
        new("overwritten in place, unknown length")
            .always([Action::IgnoreRange, Action::Chunked])
            .when(When::FirstGet, [in_place, late])
            .when(When::LaterGets, [SECOND, Action::Chunked])
            .fails(CHANGED),
        new("overwritten in place, unknown length, closed at the end")
            .always([Action::IgnoreRange, Action::NoContentLength])
            .when(When::FirstGet, [in_place, late])
            .when(When::LaterGets, [SECOND, Action::NoContentLength])
            .fails(CHANGED),
        new("overwritten in place, no validators, whole file only")
            .always([Action::IgnoreRange, NO_ETAG, NO_DATE])
            .when(When::FirstGet, [in_place, late])
            .when(When::LaterGets, [SECOND, NO_ETAG, NO_DATE])
            .fails(CHANGED),
        new("replaced, no validators, length not in Content-Range")
            .always([NO_ETAG, NO_DATE, Action::UnknownTotal])
            .when(When::FirstGet, [late])
            .when(later, [SECOND, NO_ETAG, NO_DATE, Action::UnknownTotal])
            .fails(CHANGED),
        new("content made for each response")
            .always([Action::IgnoreRange, Action::Chunked, NO_ETAG, NO_DATE])
            .when(When::FirstGet, [late])
            .when(When::NthGet(1), [SECOND, Action::Chunked, NO_ETAG, NO_DATE])
            .when(
                When::NthGet(2),
                [made(3), Action::Chunked, NO_ETAG, NO_DATE],
            )
            .when(
                When::NthGet(3),
                [made(4), Action::Chunked, NO_ETAG, NO_DATE],
            ),
        new("overwritten in place in its second half only")
            .when(
                When::FirstGet,
                [Action::Overwrite(half + 400_000, LEN), late],
            )
            .when(
                When::LaterGets,
                [OTHER_ETAG, OTHER_DATE, Action::Overwrite(half, LEN)],
            )
            .fails(CHANGED),
        new("overwritten in place by a longer file")
            .when(When::FirstGet, [in_place, late])
            .when(
                When::LaterGets,
                [Action::OtherVersion {
                    seed: 2,
                    longer: 70_000,
                }],
            )
            .fails(CHANGED),
        new("replaced, validators stay")
            .when(When::FirstGet, [late])
            .when(later, stay)
            .fails(CHANGED),
        new("replaced, no validators")
            .always([NO_ETAG, NO_DATE])
            .when(When::FirstGet, [late])
            .when(later, [SECOND, NO_ETAG, NO_DATE])
            .fails(CHANGED),
        // The bytes that were on their way when the file was cut have zeros or others there.
        new("cut while the last bytes are on their way, length and validators stay")
            .always([Action::Overwrite(half, half + 1000)])
            .when(When::FirstGet, [late])
            .when(When::PathAfterSent("/file.bin", LEN), [Action::EndAt(half)])
            .fails(CHANGED),
        new("shortened")
            .when(When::LaterGets, [Action::Shorten(half), OTHER_ETAG])
            .fails(CHANGED),
        new("shortened, validators stay")
            .when(When::FirstGet, [late])
            .when(later, [Action::Shorten(half)])
            .fails(CHANGED),
        new("link that is good once").when(When::LaterGets, [Action::Status(403)]),
        new("file deleted after the first response").when(When::LaterGets, [Action::Status(404)]),
        new("log-in page after the first response").when(
            When::LaterGets,
            [Action::Document("text/html", "<!doctype html><p>Sign in")],
        ),
    ]
}

/// Validators that appear or vanish while the bytes arrive: bytes decide whether the file is the same.
fn appearing_and_vanishing() -> Vec<Scenario> {
    let new = Scenario::new;
    let late = Action::Delay(Duration::from_millis(1100));
    let in_place = Action::Overwrite(LEN / 2, LEN);
    let whole = Action::IgnoreRange;
    let none = [NO_ETAG, NO_DATE];
    let later = When::PathAfterSent("/file.bin", LEN / 2);
    vec![
        new("overwritten in place, validators vanish, whole file only")
            .always([whole])
            .when(When::FirstGet, [in_place, late])
            .when(When::LaterGets, [SECOND, NO_ETAG, NO_DATE])
            .fails(CHANGED),
        new("overwritten in place by a shorter file, validators vanish, whole file only")
            .always([whole])
            .when(When::FirstGet, [in_place, late])
            .when(
                When::LaterGets,
                [Action::Shorten(LEN - 100_000), NO_ETAG, NO_DATE],
            )
            .fails(CHANGED),
        new("overwritten in place, validators appear, whole file only")
            .always([whole])
            .when(When::FirstGet, [in_place, late, NO_ETAG, NO_DATE])
            .when(When::LaterGets, [SECOND])
            .fails(CHANGED),
        new("overwritten in place, validators appear")
            .when(When::FirstGet, [in_place, late, NO_ETAG, NO_DATE])
            .when(When::LaterGets, [SECOND])
            .fails(CHANGED),
        new("replaced, a date appears")
            .when(When::FirstGet, [late])
            .when(When::Always, none)
            .when(later, [SECOND, NO_ETAG])
            .fails(CHANGED),
        new("validators appear").when(When::FirstGet, none),
        new("validators appear, whole file only")
            .always([whole, late])
            .when(When::FirstGet, none),
        new("validators vanish, whole file only")
            .always([whole, late])
            .when(When::LaterGets, none),
        new("nodes without validators").when(When::EveryNthGet(2), none),
    ]
}

/// Content that is another one in each response, over servers without ranges: one response is saved.
fn made_for_each_response() -> Vec<Scenario> {
    let new = Scenario::new;
    let late = Action::Delay(Duration::from_millis(1100));
    let made = |seed, longer| Action::OtherVersion { seed, longer };
    let is_made = |name, longer: [u64; 3], fields: [Action; 2]| {
        let mut scenario = new(name)
            .always([Action::IgnoreRange, Action::RemoveHeader("Accept-Ranges")])
            .always(fields)
            .when(When::FirstGet, [late]);
        for (number, longer) in longer.into_iter().enumerate() {
            let [first, second] = fields;
            scenario = scenario.when(
                When::NthGet(number + 1),
                [made(number as u64 + 2, longer), first, second],
            );
        }
        scenario
    };
    vec![
        is_made(
            "made for each response, with an ETag",
            [0, 0, 0],
            [Action::UniqueETag, NO_DATE],
        ),
        is_made(
            "made for each response, longer each time",
            [700, 1400, 2100],
            [Action::UniqueETag, NO_DATE],
        ),
        is_made(
            "made for each response, longer each time, no validators",
            [700, 1400, 2100],
            [NO_ETAG, NO_DATE],
        ),
        // Ranges are announced, and ignored.
        new("made for each response, ranges announced, truncated first response")
            .always([Action::IgnoreRange, NO_ETAG, NO_DATE])
            .when(When::FirstGet, [Action::CutBody(500_000, End::Close)])
            .when(When::LaterGets, [Action::UniqueVersion, NO_ETAG, NO_DATE])
            .fails(CHANGED),
        new("made for each response, ranges announced, validators stay")
            .always([Action::IgnoreRange])
            .when(When::FirstGet, [Action::CutBody(500_000, End::Close)])
            .when(When::LaterGets, [Action::UniqueVersion, OLD_ETAG, OLD_DATE])
            .fails(CHANGED),
        new("made for each response, ranges announced, two truncated responses")
            .always([Action::IgnoreRange, NO_ETAG, NO_DATE])
            .when(When::LaterGets, [Action::UniqueVersion, NO_ETAG, NO_DATE])
            .when(When::BeforeGet(2), [Action::CutBody(300_000, End::Reset)])
            .fails(CHANGED),
        new("made for each response, ranges announced")
            .always([Action::IgnoreRange, NO_ETAG, NO_DATE])
            .when(When::FirstGet, [late])
            .when(When::LaterGets, [Action::UniqueVersion, NO_ETAG, NO_DATE]),
        new("overwritten in place, ETag of each response, whole file only")
            .always([Action::IgnoreRange, Action::UniqueETag])
            .when(When::FirstGet, [Action::Overwrite(LEN / 2, LEN), late])
            .when(When::LaterGets, [SECOND, Action::UniqueETag])
            .fails(CHANGED),
    ]
}
