//! What a run came to: by the bytes in its folder and its exit code, not by what it says.

use std::fs;

use super::content;
use super::fault_server::Seen;
use super::process::Ran;
use super::sandbox::Sandbox;
use super::scenario::{Expect, Scenario};

/// What has to be judged.
pub struct Evidence<'a> {
    pub scenario: &'a Scenario,
    pub connections: u16,
    pub sandbox: &'a Sandbox,
    pub ran: &'a Ran,
    pub seen: &'a [Seen],
}

impl Evidence<'_> {
    /// Whether nothing was tried: the fault was not met, and should have been.
    pub fn is_idle(&self) -> bool {
        let scenario = self.scenario;
        let must_meet = self.connections > 1 && !scenario.may_miss && !scenario.rules.is_empty();
        must_meet && self.met() == 0
    }

    fn met(&self) -> usize {
        self.seen.iter().filter(|seen| seen.met).count()
    }
}

/// In words what is wrong, if anything is.
pub fn judge(evidence: &Evidence) -> Result<(), String> {
    never(evidence)?;
    let met = evidence.met();
    let scenario = evidence.scenario;
    if evidence.is_idle() {
        return Err("the fault was never met".to_owned());
    }
    if scenario.once_each && met > usize::from(evidence.connections) {
        return Err(format!(
            "the fault was met {met} times, once by each connection was enough"
        ));
    }
    match scenario.expect {
        _ if met == 0 => saved(evidence),
        Expect::Saved => saved(evidence),
        Expect::Fails(words) => failed(evidence, words),
        Expect::Either(words) if evidence.ran.code == Some(1) => failed(evidence, words),
        Expect::Either(_) => saved(evidence),
    }
}

/// What no run may ever do, whatever befell it.
fn never(
    Evidence {
        scenario,
        sandbox,
        ran,
        ..
    }: &Evidence,
) -> Result<(), String> {
    if ran.hung {
        return Err(format!("hung: not done after {:?}", scenario.limit));
    }
    if ran.err.contains("panicked") {
        return Err("panicked".to_owned());
    }
    let strays = sandbox.strays();
    if !strays.is_empty() {
        return Err(format!("files outside its folder: {strays:?}"));
    }
    for name in finished(sandbox) {
        if !is_right(sandbox, &name, scenario.len) {
            return Err(format!("wrong bytes under the final name {name:?}"));
        }
    }
    match ran.code {
        Some(0) if finished(sandbox).is_empty() => Err("exit code 0 and no file".to_owned()),
        Some(0 | 1) => Ok(()),
        code => Err(format!("exit code {code:?}")),
    }
}

fn saved(evidence: &Evidence) -> Result<(), String> {
    let Evidence {
        scenario,
        sandbox,
        ran,
        ..
    } = evidence;
    if ran.code != Some(0) {
        return Err(format!(
            "exit code {:?} where the file could be had",
            ran.code
        ));
    }
    let files = sandbox.files();
    let [name] = &files[..] else {
        return Err(format!("one file was to be left, not {files:?}"));
    };
    if scenario.saved_as.is_some_and(|right| right != name) {
        return Err(format!(
            "saved as {name:?}, not {:?}",
            scenario.saved_as.unwrap_or_default()
        ));
    }
    if !is_decent(name) {
        return Err(format!("saved as {name:?}, which is no name for a file"));
    }
    let json: serde_json::Value =
        serde_json::from_str(&ran.out).map_err(|error| format!("no JSON: {error}"))?;
    let path = json["path"].as_str().unwrap_or_default();
    match fs::canonicalize(path).ok() == fs::canonicalize(sandbox.out().join(name)).ok() {
        true => Ok(()),
        false => Err(format!("it says that {path:?} was saved, not {name:?}")),
    }
}

fn failed(evidence: &Evidence, words: &[&str]) -> Result<(), String> {
    let Evidence { sandbox, ran, .. } = evidence;
    if ran.code != Some(1) {
        return Err(format!("exit code {:?} where it had to fail", ran.code));
    }
    let left = finished(sandbox);
    if !left.is_empty() {
        return Err(format!("failed, and {left:?} is there all the same"));
    }
    let reason = ran.err.to_lowercase();
    match words.iter().any(|word| reason.contains(word)) {
        true => Ok(()),
        false => Err(format!("the reason has none of {words:?}")),
    }
}

/// Files that look finished to a user: neither a part nor a journal, nor one that was being written.
pub fn finished(sandbox: &Sandbox) -> Vec<String> {
    let unfinished = [".part", ".lanes", ".lanes.new"];
    let mut names = sandbox.files();
    names.retain(|name| !unfinished.iter().any(|end| name.ends_with(end)));
    names
}

/// Whether a file of the download's folder has the bytes that the server first had.
pub fn is_right(sandbox: &Sandbox, name: &str, len: u64) -> bool {
    let right = content::bytes(content::FIRST, 0, len as usize);
    fs::read(sandbox.out().join(name)).is_ok_and(|bytes| bytes == right)
}

/// Names that harm nobody on any platform.
fn is_decent(name: &str) -> bool {
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
    use crate::scenario::{Act, LEN};

    fn ran(code: i32, sandbox: &Sandbox) -> Ran {
        let path = sandbox.out().join("file.bin");
        Ran {
            code: Some(code),
            hung: false,
            out: serde_json::json!({ "path": path }).to_string(),
            err: "error: the file changed".to_owned(),
            took: Duration::ZERO,
        }
    }

    fn verdict(scenario: &Scenario, sandbox: &Sandbox, ran: &Ran) -> Result<(), String> {
        let asked = Default::default();
        let met = Seen {
            asked,
            at: std::time::Instant::now(),
            met: true,
            other: false,
            connection: 0,
        };
        judge(&Evidence {
            scenario,
            connections: 5,
            sandbox,
            ran,
            seen: &[met],
        })
    }

    #[test]
    fn a_verdict_condemns_what_is_wrong() {
        let fault = Scenario::new("x").always([Act::Half]);
        let (saved, fails) = (fault.clone(), fault.clone().fails(&["changed"]));
        let either = fault.saved_or_fails(&["changed"]);
        let sandbox = Sandbox::new();
        let put = |name: &str, bytes: &[u8]| fs::write(sandbox.out().join(name), bytes).unwrap();
        let right = content::bytes(content::FIRST, 0, LEN as usize);
        let of = |scenario: &Scenario, code| verdict(scenario, &sandbox, &ran(code, &sandbox));

        // Nothing was saved: that is right after a failure only.
        assert!(of(&saved, 0).is_err() && of(&either, 0).is_err() && of(&saved, 1).is_err());
        assert!(of(&fails, 1).is_ok() && of(&either, 1).is_ok() && of(&fails, 2).is_err());
        assert!(
            of(&saved.clone().fails(&["banana"]), 1).is_err(),
            "another reason"
        );
        let hung = Ran {
            hung: true,
            ..ran(1, &sandbox)
        };
        assert!(verdict(&fails, &sandbox, &hung).is_err());

        put("file.bin", &right);
        assert!(of(&saved, 0).is_ok() && of(&either, 0).is_ok());
        assert!(of(&saved, 1).is_err() && of(&fails, 1).is_err() && of(&fails, 0).is_err());
        assert!(of(&saved.clone().saved_as("other.bin"), 0).is_err());

        put("file.bin.part", b"");
        assert!(of(&saved, 0).is_err(), "something is left over");
        fs::remove_file(sandbox.out().join("file.bin.part")).unwrap();

        put("file.bin", &right[1..]);
        assert!(of(&saved, 0).is_err() && of(&fails, 1).is_err() && of(&either, 1).is_err());

        put("file.bin", &right);
        fs::write(sandbox.home().join(".bashrc"), "evil").unwrap();
        assert!(of(&saved, 0).is_err(), "a file in the home folder");
    }

    #[test]
    fn a_fault_must_be_met_and_where_it_cannot_be_the_file_is_saved() {
        let fails = Scenario::new("x").always([Act::Half]).fails(&["changed"]);
        let sandbox = Sandbox::new();
        let right = content::bytes(content::FIRST, 0, LEN as usize);
        fs::write(sandbox.out().join("file.bin"), right).unwrap();
        let ran = ran(0, &sandbox);
        let judge = |connections| {
            judge(&Evidence {
                scenario: &fails,
                connections,
                sandbox: &sandbox,
                ran: &ran,
                seen: &[],
            })
        };
        assert!(judge(1).is_ok() && judge(5).is_err());
    }
}
