//! Links that follow a delivery trace.

use super::super::presets::preset;
use super::super::simulation::{Outcome, Plan, Setup, run};
use super::super::{Link, LinkProfile, ProfileError, Trace, secs};
use super::{MS, all_events, assert_near};
use crate::link::{Path, SECOND};
use std::io;

fn traced(trace: &str, rest: &str) -> Link {
    let read = |name: &str| {
        assert_eq!(name, "t.trace");
        Ok(trace.to_owned())
    };
    let toml = format!("trace = \"t.trace\"\nrtt_ms = 40\n{rest}");
    let profile = LinkProfile::from_toml_reading(&toml, &read).unwrap();
    profile.validate().unwrap()
}

fn download(link: Link, connections: usize) -> Outcome {
    run(&Setup {
        link,
        len: 3_000_000,
        connections,
        plan: Plan::Stealing,
        granule: 65_536,
        phase: 0,
    })
}

#[test]
fn an_even_trace_is_a_constant_rate() {
    // A packet each millisecond is 12 Mbit/s.
    let even = traced("1\n", "");
    assert_eq!(even.rate_bps(), Some(12e6));
    let constant = LinkProfile::from_toml("rate_mbit = 12\nrtt_ms = 40").unwrap();
    let constant = constant.validate().unwrap();
    for connections in [1, 5, 20] {
        let [even, constant] = [&even, &constant].map(|link| download(link.clone(), connections));
        let name = format!("{connections} connections");
        assert_near(&name, secs(even.done), secs(constant.done), 0.04);
    }
}

#[test]
fn packets_leave_at_the_times_of_the_trace_and_never_otherwise() {
    let link = traced("3\n3\n10\n", "");
    let mut path = Path::new(&link);
    let flow = path.open(0, 0);
    path.supply(0, flow, 400_000);
    let events = all_events(&mut path, 3 * SECOND);
    assert!(events.len() > 100);
    for event in &events {
        // Half a round trip later they are at the client.
        let left = (event.at - 20 * MS) % (10 * MS);
        assert!([3 * MS, 0].contains(&left), "{left}");
    }
}

#[test]
fn an_outage_of_the_trace_delays_the_download_and_nothing_is_lost() {
    let mut lines: Vec<u32> = (1..=1000).collect();
    lines.extend(4000..=5000);
    let text: String = lines.iter().map(|ms| format!("{ms}\n")).collect();
    let outcome = download(traced(&text, "buffer_kib = 500"), 4);
    let done = secs(outcome.done);
    // 3 MB need 2,080 opportunities: the first second has 1,000, the next ones follow at 4 s.
    assert!((5.0..9.5).contains(&done), "{done}");
    assert_eq!(outcome.bytes.iter().sum::<u64>(), 3_000_000);
}

#[test]
fn the_same_seed_gives_the_same_events() {
    let profile = || preset("lte-moving").unwrap().link();
    let [a, b] = [(); 2].map(|()| download(profile(), 5));
    assert_eq!(a, b);
    assert_ne!(a.event_hash, download(profile().with_seed(7), 5).event_hash);
    assert!(!a.gave_up);
}

#[test]
fn a_wrong_trace_is_refused_with_field_and_lines() {
    let parse = |text: &str, trace: &str| {
        let read = |name: &str| match name {
            "gone" => Err(io::ErrorKind::NotFound.into()),
            "locked" => Err(io::ErrorKind::PermissionDenied.into()),
            _ => Ok(trace.to_owned()),
        };
        LinkProfile::from_toml_reading(text, &read)
            .unwrap_err()
            .to_string()
    };
    for (profile, trace, message) in [
        (
            "rtt_ms = 4\ntrace = \"a\"",
            "1\n5\n3\n",
            "line 2: trace: a: line 3: the time must be at least that of the line before it, 5 ms, not 3 ms",
        ),
        (
            "rtt_ms = 4\ntrace = \"gone\"",
            "",
            "line 2: trace must be \"lte-moving\", or a file beside the profile, which a server reads only for its own --link, not \"gone\"",
        ),
        (
            "rtt_ms = 4\ntrace = 5",
            "",
            "line 2: trace must be \"lte-moving\", or a file",
        ),
        (
            "rtt_ms = 4\ntrace = \"locked\"",
            "",
            "line 2: trace: cannot read locked: permission denied",
        ),
        (
            "rate_mbit = 4\ntrace = \"a\"",
            "1\n",
            "line 2: trace takes the place of rate_mbit and step: leave these out",
        ),
        (
            "trace = \"a\"\n[[step]]\nat_s = 1\nrate_mbit = 1",
            "1\n",
            "line 1: trace takes the place of",
        ),
    ] {
        assert!(
            parse(profile, trace).starts_with(message),
            "{message}\n{}",
            parse(profile, trace)
        );
    }
    // A client cannot make a server read its files.
    let client = LinkProfile::from_toml("trace = \"/etc/passwd\"");
    assert_eq!(
        client,
        Err(ProfileError::UnknownTrace("/etc/passwd".to_owned()))
    );
}

#[test]
fn a_trace_of_the_program_is_stored_by_its_name() {
    let profile = preset("lte-moving").unwrap().profile();
    let json = serde_json::to_string(&profile).unwrap();
    assert!(json.contains("\"trace\":\"lte-moving\""), "{json}");
    assert_eq!(serde_json::from_str::<LinkProfile>(&json).unwrap(), profile);
    let toml = profile.to_toml();
    assert_eq!(LinkProfile::from_toml(&toml), Ok(profile));
    let unknown = json.replace("lte-moving", "other");
    assert!(serde_json::from_str::<LinkProfile>(&unknown).is_err());
    let trace = Trace::builtin("lte-moving").unwrap();
    println!("mean rate {:.2} Mbit/s", trace.mean_bps() / 1e6);
}
