//! Link profiles from clients: an invalid one is rejected, a valid one survives a round trip through TOML,
//! and its path neither panics nor runs forever.

#![no_main]

use lanes_shared::link::{LinkProfile, Path, parse_profile, profile_name};
use libfuzzer_sys::fuzz_target;

/// Emulated time in nanoseconds.
const SPAN: u64 = 300_000_000;

fuzz_target!(|text: &str| {
    let Ok(profile) = parse_profile(text) else {
        return;
    };
    let written = profile.to_toml();
    assert_eq!(LinkProfile::from_toml(&written).as_ref(), Ok(&profile), "{written}");
    assert!(!profile_name(&profile).is_empty());
    let Ok(link) = profile.validate() else {
        return;
    };
    let mut path = Path::new(&link);
    let flows = [1, 2].map(|key| path.open(0, key));
    for flow in flows {
        path.supply(0, flow, 20_000);
    }
    let mut events = Vec::new();
    path.advance(SPAN / 2, &mut events);
    path.pause(SPAN / 2, flows[0]);
    path.advance(SPAN, &mut events);
    path.resume(SPAN, flows[0]);
    path.close(SPAN, flows[1]);
});
