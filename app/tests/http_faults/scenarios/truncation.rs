//! Answers that end before their time.

use super::CUT;
use crate::scenario::{Act, End, Scenario, When};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let cut = |bytes, end| [Act::Cut(bytes, end)];
    vec![
        new("truncated once").when(When::First, cut(60_000, End::Close)),
        // Each answer brings something, so the file can be had.
        new("truncated always")
            .always(cut(60_000, End::Close))
            .within_secs(60),
        new("truncated always, ranges ignored")
            .always([Act::Whole, Act::Cut(500_000, End::Close)])
            .fails(CUT),
        new("nothing but a head, once").when(When::First, cut(0, End::Close)),
        new("nothing but heads")
            .always(cut(0, End::Close))
            .fails(CUT),
        new("later answers have no body")
            .when(When::FromMiddle, cut(0, End::Close))
            .saved_or_fails(CUT),
        new("closed before the answer, once").when(When::First, [Act::CutHead(0, End::Close)]),
        new("closed before the answer, always")
            .always([Act::CutHead(0, End::Close)])
            .fails(CUT),
        new("closed before later answers")
            .when(When::FromMiddle, [Act::CutHead(0, End::Close)])
            .saved_or_fails(CUT),
        new("closed in the head, once").when(When::First, [Act::CutHead(30, End::Close)]),
        new("closed in the head, always")
            .always([Act::CutHead(30, End::Close)])
            .fails(CUT),
        new("reset in the body, once").when(When::First, cut(60_000, End::Reset)),
        new("reset in the body, always")
            .always(cut(60_000, End::Reset))
            .within_secs(60),
        new("reset before the answer, once").when(When::First, [Act::CutHead(0, End::Reset)]),
        new("reset before the answer, always")
            .always([Act::CutHead(0, End::Reset)])
            .fails(CUT),
        new("the last byte is missing, once")
            .when(When::First, cut(crate::scenario::LEN - 1, End::Close)),
        new("keeps no connection open").always([
            Act::Set("Connection", "close"),
            Act::Cut(u64::MAX, End::Close),
        ]),
    ]
}
