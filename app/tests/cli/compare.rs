//! Tests of `lanes compare`.

use crate::user::User;

#[test]
fn experiment_is_printed_and_exported() {
    let user = User::new();
    let url = user.url("sample-1MiB.bin");
    let files = ["--json", "r.json", "--csv", "r.csv", "--svg", "r.svg"];
    let args = [
        "compare",
        &url,
        "--connections",
        "1,5,10",
        "--runs",
        "2",
        "--seed",
        "3",
    ];
    let ran = user.run(&[&args[..], &files].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for words in [
        "connections  runs",
        "speed-up",
        "range",
        "throughput",
        "│█",
        "this machine",
    ] {
        assert!(ran.out.contains(words), "{words}: {ran:?}");
    }
    assert_eq!(
        ran.err
            .lines()
            .filter(|line| line.contains("of 6: "))
            .count(),
        6,
        "{ran:?}"
    );
    let read = |name: &str| std::fs::read_to_string(user.work().join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("r.json")).unwrap();
    let runs = json["runs"].as_array().unwrap();
    for round in [&runs[..3], &runs[3..]] {
        let mut values: Vec<u64> = round
            .iter()
            .map(|run| run["value"].as_u64().unwrap())
            .collect();
        values.sort_unstable();
        assert_eq!(values, [1, 5, 10]);
    }
    assert!(
        runs.iter()
            .all(|run| run["bytes"] == 1 << 20 && run["error"].is_null())
    );
    assert!(runs.iter().all(|run| run["connections"] == run["value"]));
    assert!(ran.out.contains(json["verdict"].as_str().unwrap()));
    assert_eq!(read("r.csv").lines().count(), 7);
    assert!(read("r.svg").contains("completion time (s)"));
    assert_eq!(user.leftovers(), [""; 0], "temporary files remain");
}

#[test]
fn same_seed_gives_the_same_run_order() {
    let user = User::new();
    let url = user.url("Photo%20(1).jpg");
    let order = |name: &str| {
        let ran = user.run(&["compare", &url, "--runs", "2", "--seed", "9", "--csv", name]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let csv = std::fs::read_to_string(user.work().join(name)).unwrap();
        let value = |line: &str| line.split(',').nth(3).map(str::to_owned);
        csv.lines().skip(1).filter_map(value).collect::<Vec<_>>()
    };
    let first = order("a.csv");
    assert_eq!(first.len(), 10);
    assert_eq!(first, order("b.csv"));
}

#[test]
fn packet_sizes_can_be_compared() {
    let user = User::new();
    let url = user.url("Data.jpg");
    let args = [
        "compare",
        &url,
        "--mode",
        "packets",
        "--packet-size",
        "128,1KiB,64KiB",
    ];
    let ran = user.run(&[&args[..], &["--runs", "1"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("packet size"), "{ran:?}");
    assert!(
        ran.out
            .contains("With one run per value this may be chance"),
        "{ran:?}"
    );
}

#[test]
fn missing_file_fails_early_and_still_exports_json() {
    let user = User::new();
    let ran = user.run(&[
        "compare",
        &user.url("Dat.jpg"),
        "--json",
        "r.json",
        "--svg",
        "r.svg",
    ]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
    assert!(ran.err.contains("did you mean Data.jpg"), "{ran:?}");
    let json = std::fs::read_to_string(user.work().join("r.json")).unwrap();
    assert!(json.contains("\"failed\"") && !user.work().join("r.svg").exists());
}

#[test]
fn http_url_is_compared_with_fewer_runs() {
    let user = User::new();
    let url = user.url("sample-1MiB.bin").replace("lanes://", "http://");
    let ran = user.run(&["compare", &url]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let runs = ran.err.lines().filter(|line| line.contains("of 8: "));
    assert_eq!(runs.count(), 8, "{ran:?}");
    assert!(
        !ran.err.contains("Note"),
        "no note is needed for a server on this machine: {ran:?}"
    );
    let ran = user.run(&["compare", &url, "--link", "slow-4g"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("only a Lanes server emulates"), "{ran:?}");
}

#[test]
fn result_is_sent_to_the_class_only_if_asked() {
    let user = User::new();
    let results = user.collect();
    let url = user.url("Data.jpg");
    let args = ["compare", &url, "--connections", "1,4", "--runs", "2"];
    assert_eq!(user.run(&args).code, Some(0));
    assert!(results.all().is_empty(), "sent without being asked");
    let ran = user.run(&[&args[..], &["--send-results", "--name", "Ada"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let sent = format!("Result sent to {} as Ada", user.addr());
    assert!(ran.err.contains(&sent), "{ran:?}");
    let all = results.all();
    let [one] = &all[..] else {
        panic!("{all:?}");
    };
    let result = &one.result;
    assert_eq!(
        (result.name.as_str(), result.file.as_str()),
        ("Ada", "Data.jpg")
    );
    assert_eq!(result.file_len, crate::user::PICTURE as u64);
    let points: Vec<_> = result
        .points
        .iter()
        .map(|one| (one.value, one.runs))
        .collect();
    assert_eq!(points, [(1, 2), (4, 2)]);
}

#[test]
fn result_that_no_server_takes_is_an_error() {
    let user = User::new();
    let url = user.url("Data.jpg");
    let args = [
        "compare",
        &url,
        "--connections",
        "1",
        "--runs",
        "1",
        "--send-results",
    ];
    let ran = user.run(&args);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("keeps no results at present"), "{ran:?}");
    assert!(
        !ran.out.is_empty(),
        "the experiment itself is printed: {ran:?}"
    );
    let http = url.replacen("lanes:", "http:", 1);
    let ran = user.run(&["compare", &http, "--send-results"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.err.contains("needs a file of a Lanes server"),
        "{ran:?}"
    );
}
