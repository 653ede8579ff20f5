//! Delivery traces from files: an invalid one is refused, a valid one survives a round trip, its opportunities are
//! in order, and a path over it runs to the end of the emulated time.

#![no_main]

use lanes_shared::link::{LinkProfile, Path, Trace};
use libfuzzer_sys::fuzz_target;

/// Emulated time in nanoseconds.
const SPAN: u64 = 300_000_000;

fuzz_target!(|text: &str| {
    let trace = match Trace::parse("fuzz", text) {
        Ok(trace) => trace,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(Trace::parse("fuzz", &trace.to_text()).as_ref(), Ok(&trace));
    let profile = LinkProfile {
        trace: Some(trace),
        rtt_ms: Some(20.0),
        ..LinkProfile::default()
    };
    let Ok(link) = profile.validate() else {
        return;
    };
    let mut path = Path::new(&link);
    let flow = path.open(0, 1);
    path.supply(0, flow, 50_000);
    let mut events = Vec::new();
    path.advance(SPAN, &mut events);
    assert!(events.windows(2).all(|two| two[0].at <= two[1].at));
});
