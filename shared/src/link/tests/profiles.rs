//! Profiles are parsed as written, or rejected with the name of the field.

use super::super::limiting_factor::{explain, knee};
use super::super::presets::preset;
use super::super::profile::{FIELDS, ProfileStep};
use super::super::{LinkProfile, ProfileError, QueueDiscipline};
use super::link;
use proptest::prelude::*;

#[test]
fn empty_profile_is_the_open_link() {
    let profile = LinkProfile::from_toml("").unwrap();
    assert!(profile.is_open() && profile.validate().unwrap().is_open());
    assert_eq!(profile.to_toml(), "");
    assert!(
        LinkProfile::from_toml("seed = 4\ncongestion = \"reno\"")
            .unwrap()
            .is_open()
    );
    assert!(!LinkProfile::from_toml("rtt_ms = 10").unwrap().is_open());
}

#[test]
fn invalid_values_are_rejected_with_name_range_and_value() {
    for (text, parts) in [
        (
            "rate_mbit = -1",
            ["rate_mbit", "0.01 to 10000 Mbit/s", "-1"],
        ),
        ("rate_mbit = 0", ["rate_mbit", "0.01 to 10000", "not 0"]),
        ("rate_mbit = nan", ["rate_mbit", "0.01 to 10000", "nan"]),
        ("rtt_ms = inf", ["rtt_ms", "0 to 5000 ms", "inf"]),
        ("rate_mbit = 1e12", ["rate_mbit", "10000", "1000000000000"]),
        (
            "rate_mbit = \"50 Mbit\"",
            ["rate_mbit", "without the unit", "\"50 Mbit\""],
        ),
        ("loss_percent = 100", ["loss_percent", "0 to 50 %", "100"]),
        (
            "background_flows = 2.5",
            ["background_flows", "a whole number from 0 to 64", "2.5"],
        ),
        (
            "background_flows = -1",
            ["background_flows", "0 to 64", "-1"],
        ),
        (
            "max_connections = 0",
            ["max_connections", "1 to 65535", "not 0"],
        ),
        (
            "congestion = \"vegas\"",
            [
                "congestion",
                "\"cubic\", \"reno\", \"bbr\" or \"fixed\"",
                "\"vegas\"",
            ],
        ),
        (
            "background_congestion = \"vegas\"",
            ["background_congestion", "\"bbr\"", "\"vegas\""],
        ),
        ("congestion = 3", ["congestion", "cubic", "not 3"]),
        (
            "rate = 5",
            [
                "unknown link profile field `rate`",
                "rate_mbit, rtt_ms",
                "congestion",
            ],
        ),
        ("[rtt_ms]\na = 1", ["rtt_ms", "0 to 5000", "a = 1"]),
        ("rtt_ms = ", ["invalid TOML", "", ""]),
        ("seed = -4", ["seed", "0 to", "-4"]),
        ("window_kib = true", ["window_kib", "2 to 1048576", "true"]),
    ] {
        let error = LinkProfile::from_toml(text).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{text}: {error}");
        }
    }
    let long = " ".repeat(17_000);
    assert_eq!(
        LinkProfile::from_toml(&long),
        Err(ProfileError::TooLong(17_000))
    );
}

/// Every error of a text with several lines names the line.
#[test]
fn invalid_values_are_rejected_with_their_line() {
    for (text, parts) in [
        (
            "rtt_ms = 5\nrate_mbit = 0",
            ["line 2: ", "rate_mbit", "0.01 to 10000"],
        ),
        ("rtt_ms = 5\n\nrate = 1", ["line 3: ", "unknown", "`rate`"]),
        (
            "rtt_ms = 5\nqueue = \"red\"",
            ["line 2: ", "\"fq_codel\" or \"pie\"", "\"red\""],
        ),
        ("rtt_ms = 5\nrate_mbit = ", ["line 2: ", "invalid TOML", ""]),
        (
            "rate_mbit = 5\n[[step]]\nat_s = -1\nrate_mbit = 2",
            ["line 3: ", "at_s", "0 to 86400 s"],
        ),
        (
            "rate_mbit = 5\n[[step]]\nat_s = 1\nrate_mbit = true",
            ["line 4: ", "rate_mbit", "true"],
        ),
        (
            "rate_mbit = 5\n[[step]]\nat_s = 1\nrate = 2",
            ["line 4: ", "`rate`", "at_s and rate_mbit"],
        ),
        (
            "rate_mbit = 5\n[[step]]\nat_s = 1",
            ["line 2: ", "at_s and rate_mbit", ""],
        ),
        (
            "rate_mbit = 5\n[[step]]\nat_s = 3\nrate_mbit = 2\n[[step]]\nat_s = 2\nrate_mbit = 4",
            ["line 5: ", "at_s", "not 2"],
        ),
        (
            "rtt_ms = 5\n[[step]]\nat_s = 3\nrate_mbit = 2",
            ["line 2: ", "step needs rate_mbit", ""],
        ),
        (
            "rate_mbit = 5\nstep_period_s = 2\n[[step]]\nat_s = 3\nrate_mbit = 2",
            ["line 2: ", "step_period_s", "3 s, not 2"],
        ),
        (
            "rate_mbit = 5\n[[step]]\nat_s = 3\nrate_mbit = 0",
            ["line 2: ", "outage", "3 s"],
        ),
        ("rate_mbit = 5\nstep = 3", ["line 2: ", "[[step]]", ""]),
    ] {
        let error = LinkProfile::from_toml(text).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}

#[test]
fn profile_built_in_code_is_validated() {
    let mut profile = LinkProfile::default();
    for field in FIELDS {
        for invalid in [field.min - 1.0, field.max * 2.0, f64::NAN, f64::INFINITY] {
            if field.whole {
                continue;
            }
            profile.set_number(field.name, invalid);
            let error = profile.validate().unwrap_err().to_string();
            assert!(error.starts_with(field.name), "{error}");
        }
        profile.set_number(field.name, field.max);
        assert_eq!(profile.number(field.name), Some(field.max));
    }
    profile.validate().unwrap();
}

#[test]
fn defaults_are_derived() {
    let link = link("rate_mbit = 100\nrtt_ms = 40");
    assert_eq!(link.bandwidth_delay_bytes(), 500_000);
    assert_eq!(link.buffer_bytes(), 500_000);
    assert_eq!(
        super::link("rate_mbit = 1\nrtt_ms = 10").buffer_bytes(),
        30_000
    );
    assert_eq!(super::link("buffer_kib = 64").buffer_bytes(), 65_536);
}

#[test]
fn explanation_names_the_limit() {
    let all = [1, 5, 10, 20, 50];
    let explanation = |id: &str| explain(&preset(id).unwrap().link(), 20_000_000, &all);
    for (id, expected) in [
        (
            "throttled-mirror",
            "each connection is capped at 2 Mbit/s; 25 fill the 50 Mbit/s link",
        ),
        (
            "long-fat-pipe",
            "a window of 64 KiB over 150 ms limits each connection to 3.5 Mbit/s; 28 fill the 100 Mbit/s link",
        ),
        (
            "lossy-transatlantic",
            "losses of 0.1 % limit each connection to 4.5 Mbit/s; 22 fill the 100 Mbit/s link",
        ),
        (
            "busy-home-link",
            "4 other flows share the link; n connections get n/(n + 4) of it, at the expense of the others",
        ),
        (
            "clean-cable",
            "the link is full with one connection; more add nothing; from 20 on they cause each other's losses",
        ),
        (
            "slow-4g",
            "the link is full with one connection; more add nothing; from 20 on they cause each other's losses",
        ),
        (
            "grumpy-server",
            "each connection is capped at 5 Mbit/s and the server accepts 8; together 40 Mbit/s of the link's 50 Mbit/s",
        ),
        (
            "bbr-server",
            "the link is full with one connection; more add nothing",
        ),
        (
            "policed-plan",
            "a policer drops what exceeds 50 Mbit/s, and nothing waits; several connections use more of that than one",
        ),
        (
            "open-loopback",
            "no link is emulated; this machine is the limit",
        ),
    ] {
        assert_eq!(explanation(id), expected);
    }
    assert_eq!(knee(&preset("throttled-mirror").unwrap().link()), Some(25));
    assert_eq!(knee(&preset("clean-cable").unwrap().link()), Some(1));
    assert_eq!(knee(&preset("grumpy-server").unwrap().link()), None);
}

proptest! {
    #[test]
    fn profiles_round_trip(values in prop::collection::vec(prop::option::of(0.0f64..1.0), FIELDS.len())) {
        let mut profile = LinkProfile::default();
        for (field, value) in FIELDS.iter().zip(values) {
            if let Some(value) = value {
                let number = field.min + value * (field.max - field.min);
                profile.set_number(field.name, if field.whole { number.floor() } else { number });
            }
        }
        profile.queue = Some(QueueDiscipline::FqCodel);
        if profile.rate_mbit.is_some() {
            let after = profile.step_period_s.unwrap_or(10.0) / 2.0;
            let step = ProfileStep { at_s: after, rate_mbit: 0.5 };
            profile.step = vec![ProfileStep { at_s: 0.0, rate_mbit: 0.0 }, step];
        }
        prop_assert_eq!(LinkProfile::from_toml(&profile.to_toml()), Ok(profile));
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,200}") {
        let _ = LinkProfile::from_toml(&text);
    }
}
