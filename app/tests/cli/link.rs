//! Tests of `lanes predict`, and of `--link` in the other commands.

use crate::user::User;

/// Invalid profiles, each with the parts that its error must contain.
const INVALID: [(&str, &[&str]); 6] = [
    ("rate_mbit = -5", &["rate_mbit", "-5", "0.01", "10000"]),
    ("rate_mbit = nan", &["rate_mbit", "nan", "0.01"]),
    ("rtt_ms = 1e12", &["rtt_ms", "1000000000000", "5000"]),
    ("rate_mbit = 0", &["rate_mbit", "0.01"]),
    ("speed = 5", &["speed", "rate_mbit"]),
    (
        "rtt_ms = \"40 ms\"",
        &["rtt_ms", "40 ms", "without the unit"],
    ),
];

#[test]
fn prediction_is_printed_and_exported() {
    let user = User::new();
    let args = ["predict", "throttled-mirror", "--size", "2MB"];
    let ran = user.run(&[&args[..], &["-n", "1,5", "--json", "p.json"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for words in [
        "predicted",
        "~8.",
        "cap per connection",
        "throttled-mirror",
        "│█",
    ] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    let json = std::fs::read_to_string(user.work().join("p.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["link"], &json["bytes"]),
        (&"throttled-mirror".into(), &2_000_000.into())
    );
    let median = |index: usize| json["predictions"][index]["median_secs"].as_f64().unwrap();
    assert!((7.9..9.0).contains(&median(0)), "{json}");
    assert!((1.6..2.0).contains(&median(1)), "{json}");
    let open = user.run(&["predict", "open-loopback"]);
    assert_eq!(open.code, Some(0));
    assert!(open.out.contains("no link is emulated"), "{open:?}");
}

/// tshark, where it is installed, finds the connections, the drops and no broken packet.
#[test]
fn packets_of_a_prediction_are_written_for_wireshark() {
    let user = User::new();
    let args = [
        "predict",
        "clean-cable",
        "--size",
        "1MB",
        "-n",
        "3",
        "--runs",
        "1",
    ];
    let ran = user.run(&[&args[..], &["--pcap", "p.pcapng"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let file = user.work().join("p.pcapng");
    assert!(
        std::fs::read(&file)
            .unwrap()
            .starts_with(&[0x0A, 0x0D, 0x0D, 0x0A])
    );
    let fields = [
        "-T",
        "fields",
        "-e",
        "tcp.stream",
        "-e",
        "tcp.len",
        "-e",
        "_ws.malformed",
    ];
    let read = std::process::Command::new("tshark")
        .args(["-n", "-r"])
        .arg(&file)
        .args(fields)
        .output();
    if let Ok(read) = read {
        assert!(read.status.success(), "{read:?}");
        let text = String::from_utf8(read.stdout).unwrap();
        let streams: std::collections::BTreeSet<_> =
            text.lines().map(|line| line.split('\t').next()).collect();
        assert_eq!(streams, [Some("0"), Some("1"), Some("2")].into());
        let len = |line: &str| line.split('\t').nth(1).unwrap().parse::<u64>().unwrap();
        assert!(text.lines().map(len).sum::<u64>() >= 1_000_000);
        assert!(!text.contains("alformed"), "{text}");
    }
    assert_needs_a_link(&user, "--pcap", "open.pcapng");
}

/// Asserts that an option is refused by name where the link has no limits, as there are no packets.
fn assert_needs_a_link(user: &User, option: &str, file: &str) {
    let open = user.run(&["predict", "open-loopback", option, file]);
    assert_eq!(open.code, Some(2));
    assert!(open.err.contains(option), "{open:?}");
}

#[test]
fn events_of_a_prediction_are_written_as_json_lines() {
    let user = User::new();
    let args = ["predict", "bufferbloat", "--size", "1MB", "-n", "3,5"];
    let ran = user.run(&[&args[..], &["--runs", "1", "--events", "e.jsonl"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let text = std::fs::read_to_string(user.work().join("e.jsonl")).unwrap();
    let events: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let head = &events[0];
    assert_eq!(
        (&head["link"], &head["connections"]),
        (&"bufferbloat".into(), &3.into())
    );
    assert_eq!(events[1]["e"], "syn");
    let count = |kind: &str| events.iter().filter(|event| event["e"] == kind).count();
    assert_eq!((count("syn"), count("open")), (3, 3));
    assert!(count("seg") >= 1_000_000 / 1448 && count("ack") > 500);
    assert_needs_a_link(&user, "--events", "open.jsonl");
}

/// A profile names a delivery trace beside it, which may be a recording of mahimahi.
#[test]
fn a_link_with_a_delivery_trace_is_predicted_and_a_wrong_trace_is_refused_with_its_line() {
    let user = User::new();
    let folder = user.work().join("links");
    std::fs::create_dir(&folder).unwrap();
    let profile = "rtt_ms = 20\ntrace = \"recorded.trace\"\n";
    std::fs::write(folder.join("my.toml"), profile).unwrap();
    std::fs::write(folder.join("recorded.trace"), "1\n2\n2\n4\n").unwrap();
    let args = [
        "predict",
        "links/my.toml",
        "--size",
        "1MB",
        "-n",
        "1",
        "--runs",
        "1",
    ];
    let ran = user.run(&args);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // A packet a millisecond is 12 Mbit/s.
    assert!(ran.out.contains("~7"), "{ran:?}");
    std::fs::write(folder.join("recorded.trace"), "1\n2\n1\n").unwrap();
    let ran = user.run(&args);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let reason = "my.toml: line 2: trace: recorded.trace: line 3: the time must be at least";
    assert!(ran.err.contains(reason), "{ran:?}");
    let ran = user.run(&[
        "predict",
        "lte-moving",
        "--size",
        "1MB",
        "-n",
        "1",
        "--runs",
        "1",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn every_command_refuses_an_invalid_link_and_names_the_field() {
    let user = User::new();
    let url = user.url("Data.jpg");
    let commands: [&[&str]; 3] = [
        &["predict"],
        &["get", &url, "--link"],
        &["compare", &url, "--link"],
    ];
    for command in commands {
        let refused = |link: &str, parts: &[&str]| {
            let ran = user.run(&[command, &[link][..]].concat());
            assert_eq!(ran.code, Some(2), "{ran:?}");
            for part in parts {
                assert!(ran.err.contains(part), "{link}, {part}: {ran:?}");
            }
        };
        refused(
            "slow-5g",
            &["slow-5g", "slow-4g", "throttled-mirror", "open-loopback"],
        );
        for (text, parts) in INVALID {
            std::fs::write(user.work().join("my.toml"), text).unwrap();
            refused("my.toml", &[&["my.toml"], parts].concat());
        }
    }
    assert_eq!(user.leftovers(), [""; 0]);
}

#[test]
fn download_over_a_link_takes_the_emulated_time_and_reports_the_link() {
    let user = User::new();
    std::fs::write(user.work().join("my.toml"), "rate_mbit = 10\nrtt_ms = 40\n").unwrap();
    let url = user.url("Data.jpg");
    for connections in ["1", "10"] {
        let args = [
            "get",
            &url,
            "-n",
            connections,
            "--link",
            "my.toml",
            "--json",
        ];
        let ran = user.run(&[&args[..], &["--output", "got.jpg"]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let json = ran.json();
        assert_eq!(json["link"], "rate_mbit = 10.0, rtt_ms = 40.0");
        // 1.23 MB at 10 Mbit/s take 0.99 s.
        assert!(json["seconds"].as_f64().unwrap() > 0.98, "{json}");
        assert!(json["lateness_p99_us"].as_u64().is_some(), "{json}");
        assert!(crate::user::is_the_picture(&user.work().join("got.jpg")));
        std::fs::remove_file(user.work().join("got.jpg")).unwrap();
    }
    let open = user.run(&["get", &url, "--link", "open-loopback", "--json"]);
    assert_eq!(open.json()["link"], "open-loopback");
    assert!(open.json()["lateness_p99_us"].is_null());
}

#[test]
fn comparison_over_a_link_shows_its_prediction() {
    let user = User::new();
    let url = user.url("sample-256KiB.bin");
    let link = ["--link", "throttled-mirror", "--runs", "1", "-n", "1,5"];
    let files = ["--json", "r.json", "--csv", "r.csv"];
    let ran = user.run(&[&["compare", &url][..], &link, &files].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for words in [
        "predicted",
        "~1.",
        "Emulated link: throttled-mirror",
        "capped",
    ] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    assert!(!ran.out.contains("this machine"), "{ran:?}");
    let read = |name: &str| std::fs::read_to_string(user.work().join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("r.json")).unwrap();
    assert_eq!(json["link"], "throttled-mirror");
    assert_eq!(json["link_profile"]["per_connection_mbit"], 2.0);
    let (one, five) = (&json["predictions"][0], &json["predictions"][1]);
    assert!(one["median_secs"].as_f64() > five["median_secs"].as_f64());
    assert!(json["runs"][0]["lateness_p99_us"].as_u64().is_some());
    // 256 KiB at the cap of 2 Mbit/s take 1.05 s, measured and predicted.
    let single = json["runs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|run| run["value"] == 1);
    let measured = single.unwrap()["seconds"].as_f64().unwrap();
    assert!(measured > 1.0, "{json}");
    let csv = read("r.csv");
    assert!(
        csv.lines()
            .next()
            .unwrap()
            .ends_with("link,predicted_secs,lateness_p99_us")
    );
    assert!(
        csv.lines().nth(1).unwrap().contains(",throttled-mirror,1."),
        "{csv}"
    );
}
