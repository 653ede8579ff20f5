//! Results of a class, which any client sends: read, or refused; within their bounds, and the same once written
//! and read again. Their CSV has a line for each value.

#![no_main]

use lanes_server::{CollectedResult, results_to_csv};
use lanes_shared::class_result::{MAX_NAME_CHARS, MAX_POINTS, MAX_TEXT_CHARS};
use lanes_shared::visible_text::is_hidden;
use lanes_shared::wire::{HEADER_LEN, Header, MAX_RESULT_LEN, Request, kind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let header = Header::of(kind::RESULT, payload);
    if header.len > MAX_RESULT_LEN {
        return;
    }
    let Ok(Request::Result(result)) = Request::decode(header, payload) else {
        return;
    };
    assert!((1..=MAX_POINTS).contains(&result.points.len()));
    let mut frame = Vec::new();
    Request::Result(result.clone()).encode(&mut frame);
    assert_eq!(&frame[HEADER_LEN..], payload);
    let result = result.cleaned();
    assert_eq!(result.check(), Ok(()));
    assert_eq!(result.clone().cleaned(), result);
    let labels = result.points.iter().map(|point| &point.label);
    for text in labels.chain([&result.name, &result.file, &result.link]) {
        assert!(text.chars().count() <= MAX_TEXT_CHARS);
        assert!(!text.contains(|c: char| c.is_control() || is_hidden(c)));
    }
    assert!(result.name.chars().count() <= MAX_NAME_CHARS);
    let lines = result.points.len() + 1;
    let one = CollectedResult {
        number: 1,
        at_secs: 0,
        addr: [10, 0, 0, 1].into(),
        result,
    };
    assert_eq!(results_to_csv([&one]).lines().count(), lines);
    let json = serde_json::to_string(&one).expect("it can be written");
    assert_eq!(serde_json::from_str::<CollectedResult>(&json).expect("it can be read"), one);
});
