//! Compares the outcome of a run with its scenario: by the files and the exit code, and by the error
//! message only where a scenario demands a word in it.

use std::fs;

use super::content;
use super::fault_server::LoggedRequest;
use super::process::RunResult;
use super::sandbox::Sandbox;
use super::scenario::{Expect, Scenario};

/// Everything that [`check`] looks at.
pub struct Outcome<'a> {
    pub scenario: &'a Scenario,
    pub connections: u16,
    pub sandbox: &'a Sandbox,
    pub run: &'a RunResult,
    pub requests: &'a [LoggedRequest],
}

impl Outcome<'_> {
    /// Returns whether the run is inconclusive: no request matched the fault although one should have.
    pub fn missed_fault(&self) -> bool {
        let scenario = self.scenario;
        let fault_required =
            self.connections > 1 && !scenario.fault_optional && !scenario.rules.is_empty();
        fault_required && self.fault_hits() == 0
    }

    fn fault_hits(&self) -> usize {
        let hits = self.requests.iter().filter(|request| request.hit_fault);
        hits.count()
    }
}

/// Checks the outcome against the scenario; the error describes the first violation.
pub fn check(outcome: &Outcome) -> Result<(), String> {
    check_invariants(outcome)?;
    let hits = outcome.fault_hits();
    let scenario = outcome.scenario;
    if outcome.missed_fault() {
        return Err("no request matched the fault".to_owned());
    }
    // The look behind the last byte is one more.
    if scenario.once_per_connection && hits > usize::from(outcome.connections) + 1 {
        return Err(format!(
            "{hits} requests matched the fault, more than one per connection"
        ));
    }
    match scenario.expect {
        _ if hits == 0 => check_saved(outcome),
        Expect::Saved => check_saved(outcome),
        Expect::Fails(words) => check_failed(outcome, words),
        Expect::Either(words) if outcome.run.code == Some(1) => check_failed(outcome, words),
        Expect::Either(_) => check_saved(outcome),
    }
}

/// Checks the rules that hold for every run: no hang, no panic, no file outside the download folder, no
/// wrong bytes under a final name, exit code 0 or 1.
fn check_invariants(
    Outcome {
        scenario,
        sandbox,
        run,
        ..
    }: &Outcome,
) -> Result<(), String> {
    if run.timed_out {
        return Err(format!("hung: still running after {:?}", scenario.limit));
    }
    if run.stderr.contains("panicked") {
        return Err("panicked".to_owned());
    }
    let strays = sandbox.stray_files();
    if !strays.is_empty() {
        return Err(format!("files outside the download folder: {strays:?}"));
    }
    for name in finished_files(sandbox) {
        if !has_correct_bytes(sandbox, &name, scenario.len) {
            return Err(format!("wrong bytes under the final name {name:?}"));
        }
    }
    match run.code {
        Some(0) if finished_files(sandbox).is_empty() => {
            Err("exit code 0 without a file".to_owned())
        }
        Some(0 | 1) => Ok(()),
        code => Err(format!("exit code {code:?}")),
    }
}

fn check_saved(outcome: &Outcome) -> Result<(), String> {
    let Outcome {
        scenario,
        sandbox,
        run,
        ..
    } = outcome;
    if run.code != Some(0) {
        return Err(format!(
            "exit code {:?} although the file is available",
            run.code
        ));
    }
    let files = sandbox.files();
    let [name] = &files[..] else {
        return Err(format!("expected exactly one file, found {files:?}"));
    };
    if scenario.saved_as.is_some_and(|expected| expected != name) {
        return Err(format!(
            "saved as {name:?}, expected {:?}",
            scenario.saved_as.unwrap_or_default()
        ));
    }
    if !is_safe_file_name(name) {
        return Err(format!("saved under the unsafe name {name:?}"));
    }
    let json: serde_json::Value = serde_json::from_str(&run.stdout)
        .map_err(|error| format!("stdout is not JSON: {error}"))?;
    let path = json["path"].as_str().unwrap_or_default();
    let reported = fs::canonicalize(path).ok();
    match reported == fs::canonicalize(sandbox.download_dir().join(name)).ok() {
        true => Ok(()),
        false => Err(format!(
            "stdout reports the path {path:?}, the file is {name:?}"
        )),
    }
}

fn check_failed(outcome: &Outcome, words: &[&str]) -> Result<(), String> {
    let Outcome { sandbox, run, .. } = outcome;
    if run.code != Some(1) {
        return Err(format!("exit code {:?}, expected a failure", run.code));
    }
    let left = finished_files(sandbox);
    if !left.is_empty() {
        return Err(format!("failed but left {left:?} under a final name"));
    }
    let reason = run.stderr.to_lowercase();
    match words.iter().any(|word| reason.contains(word)) {
        true => Ok(()),
        false => Err(format!("the error message contains none of {words:?}")),
    }
}

/// Returns the files that look complete to a user: all but part files and journals.
pub fn finished_files(sandbox: &Sandbox) -> Vec<String> {
    let unfinished = [".part", ".lanes", ".lanes.new"];
    let mut names = sandbox.files();
    names.retain(|name| !unfinished.iter().any(|end| name.ends_with(end)));
    names
}

/// Returns whether a file in the download folder has the bytes of the server's first version.
pub fn has_correct_bytes(sandbox: &Sandbox, name: &str, len: u64) -> bool {
    let expected = content::bytes(content::FIRST, 0, len as usize);
    fs::read(sandbox.download_dir().join(name)).is_ok_and(|bytes| bytes == expected)
}

/// Returns whether a name is valid and harmless on every platform.
fn is_safe_file_name(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    let device = ["CON", "PRN", "AUX", "NUL", "COM1", "LPT1"].contains(&stem.as_str());
    let bad = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    !(name.is_empty()
        || name.len() > 255
        || name.starts_with('.')
        || name.ends_with(['.', ' '])
        || name.contains(bad)
        || device)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::scenario::{Action, LEN};

    fn run_result(code: i32, sandbox: &Sandbox) -> RunResult {
        let path = sandbox.download_dir().join("file.bin");
        RunResult {
            code: Some(code),
            timed_out: false,
            stdout: serde_json::json!({ "path": path }).to_string(),
            stderr: "error: the file changed".to_owned(),
            elapsed: Duration::ZERO,
        }
    }

    /// Checks a run in which one request matched the fault.
    fn check_with_hit(
        scenario: &Scenario,
        sandbox: &Sandbox,
        run: &RunResult,
    ) -> Result<(), String> {
        let hit = LoggedRequest {
            request: Default::default(),
            at: std::time::Instant::now(),
            hit_fault: true,
            on_other_host: false,
            connection: 0,
            in_flight: 1,
        };
        check(&Outcome {
            scenario,
            connections: 5,
            sandbox,
            run,
            requests: &[hit],
        })
    }

    #[test]
    fn check_rejects_every_wrong_outcome() {
        let fault = Scenario::new("x").always([Action::HalveRange]);
        let (saved, fails) = (fault.clone(), fault.clone().fails(&["changed"]));
        let either = fault.saved_or_fails(&["changed"]);
        let sandbox = Sandbox::new();
        let write = |name: &str, bytes: &[u8]| {
            fs::write(sandbox.download_dir().join(name), bytes).unwrap();
        };
        let correct = content::bytes(content::FIRST, 0, LEN as usize);
        let check = |scenario: &Scenario, code| {
            check_with_hit(scenario, &sandbox, &run_result(code, &sandbox))
        };

        // Without a file only a failure with exit code 1 is correct.
        assert!(
            check(&saved, 0).is_err() && check(&either, 0).is_err() && check(&saved, 1).is_err()
        );
        assert!(check(&fails, 1).is_ok() && check(&either, 1).is_ok() && check(&fails, 2).is_err());
        assert!(
            check(&saved.clone().fails(&["banana"]), 1).is_err(),
            "the message has none of the words"
        );
        let hung = RunResult {
            timed_out: true,
            ..run_result(1, &sandbox)
        };
        assert!(check_with_hit(&fails, &sandbox, &hung).is_err());

        write("file.bin", &correct);
        assert!(check(&saved, 0).is_ok() && check(&either, 0).is_ok());
        assert!(
            check(&saved, 1).is_err() && check(&fails, 1).is_err() && check(&fails, 0).is_err()
        );
        assert!(check(&saved.clone().saved_as("other.bin"), 0).is_err());

        write("file.bin.part", b"");
        assert!(check(&saved, 0).is_err(), "a part file is left over");
        fs::remove_file(sandbox.download_dir().join("file.bin.part")).unwrap();

        write("file.bin", &correct[1..]);
        assert!(
            check(&saved, 0).is_err() && check(&fails, 1).is_err() && check(&either, 1).is_err()
        );

        write("file.bin", &correct);
        fs::write(sandbox.home().join(".bashrc"), "evil").unwrap();
        assert!(check(&saved, 0).is_err(), "a file in the home folder");
    }

    #[test]
    fn a_run_without_the_fault_must_save_the_file_and_fails_if_the_fault_was_required() {
        let fails = Scenario::new("x")
            .always([Action::HalveRange])
            .fails(&["changed"]);
        let sandbox = Sandbox::new();
        let correct = content::bytes(content::FIRST, 0, LEN as usize);
        fs::write(sandbox.download_dir().join("file.bin"), correct).unwrap();
        let run = run_result(0, &sandbox);
        let check = |connections| {
            check(&Outcome {
                scenario: &fails,
                connections,
                sandbox: &sandbox,
                run: &run,
                requests: &[],
            })
        };
        assert!(check(1).is_ok() && check(5).is_err());
    }
}
