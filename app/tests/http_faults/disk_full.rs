//! A disk that has too little room, or gets full half-way: a small file system in memory.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::assertions::{finished, is_right};
use super::fault_server::FaultServer;
use super::process::{self, Ran};
use super::sandbox::Sandbox;
use super::scenario::{Act, Scenario};

const DISK: u64 = 6 << 20;
const LIMIT: Duration = Duration::from_secs(30);

/// A sandbox whose downloads go to a disk of 6 MiB.
struct SmallDisk {
    sandbox: Sandbox,
    at: PathBuf,
}

impl SmallDisk {
    /// `None`, in words, where it cannot be made.
    fn mount() -> Option<Self> {
        let sandbox = Sandbox::new();
        let at = sandbox.out();
        let size = format!("size={DISK}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&at)
            .output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self { sandbox, at });
        }
        eprintln!("skipped: a small disk in memory can be made by root on Linux only");
        None
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut filler = fs::File::create(self.at.join("filler")).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    fn get(&self, server: &FaultServer) -> Ran {
        process::run(
            &mut process::lanes(&self.sandbox, &server.url("/file.bin"), 5),
            LIMIT,
        )
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a test that failed may still have a file open there.
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

fn says_full(ran: &Ran) -> bool {
    let reason = ran.err.to_lowercase();
    ran.code == Some(1)
        && ["space", "room", "full"]
            .iter()
            .any(|word| reason.contains(word))
}

#[test]
fn a_file_that_is_too_long_for_the_disk_is_not_begun() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let server = FaultServer::start(Scenario::new("big").len(DISK + 1));
    let ran = disk.get(&server);
    assert!(says_full(&ran), "{ran:?}");
    assert!(
        finished(&disk.sandbox).is_empty() && server.sent() < DISK / 2,
        "{:?}",
        disk.sandbox.files()
    );
}

#[test]
fn a_file_of_unknown_length_fills_the_disk_and_says_so() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let endless = Scenario::new("endless")
        .len(DISK + 1)
        .rate(64 << 20)
        .always([Act::Whole, Act::Chunked]);
    let ran = disk.get(&FaultServer::start(endless));
    assert!(
        says_full(&ran) && finished(&disk.sandbox).is_empty(),
        "{ran:?}, {:?}",
        disk.sandbox.files()
    );
}

#[test]
fn a_disk_that_gets_full_half_way_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let scenario = Scenario::new("full").len(4 << 20).rate(300 << 10);
    let server = FaultServer::start(scenario);
    let ran = thread::scope(|scope| {
        let getting = scope.spawn(|| disk.get(&server));
        assert!(server.wait_until_sent(1 << 20, LIMIT));
        disk.fill();
        getting.join().unwrap()
    });
    fs::remove_file(disk.at.join("filler")).unwrap();
    // Where the room was taken beforehand, nothing can go wrong.
    if ran.code != Some(0) {
        assert!(
            says_full(&ran) && finished(&disk.sandbox).is_empty(),
            "{ran:?}"
        );
        let before = server.sent();
        let again = disk.get(&server);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert!(
            server.sent() - before < 4 << 20,
            "what had come was not fetched again"
        );
    }
    assert!(
        is_right(&disk.sandbox, "file.bin", 4 << 20),
        "{:?}",
        disk.sandbox.files()
    );
}
