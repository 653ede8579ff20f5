//! Full disks: downloads to a small tmpfs.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::assertions::{finished_files, has_correct_bytes};
use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, Scenario};

/// Size of the disk in bytes.
const DISK: u64 = 6 << 20;
const LIMIT: Duration = Duration::from_secs(30);

/// A sandbox whose download folder is a disk of 6 MiB.
struct SmallDisk {
    sandbox: Sandbox,
    mount_point: PathBuf,
}

impl SmallDisk {
    /// Mounts the disk; prints a message and returns `None` if that is not possible.
    fn mount() -> Option<Self> {
        let sandbox = Sandbox::new();
        let mount_point = sandbox.download_dir();
        let size = format!("size={DISK}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&mount_point)
            .output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self {
                sandbox,
                mount_point,
            });
        }
        eprintln!("skipped: mounting a tmpfs needs root on Linux");
        None
    }

    /// Uses up the free space.
    fn fill(&self) {
        let mut filler = fs::File::create(self.mount_point.join("filler")).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    /// Deletes the filler and enlarges the disk: a process that another test starts at this moment may hold
    /// the filler's descriptor, and with it the space, for a while.
    fn free(&self) {
        fs::remove_file(self.mount_point.join("filler")).unwrap();
        let size = format!("remount,size={}", 2 * DISK);
        let remounted = Command::new("mount")
            .args(["-o", &size])
            .arg(&self.mount_point)
            .status();
        assert!(remounted.unwrap().success());
    }

    fn get(&self, server: &FaultServer) -> RunResult {
        process::run(
            &mut process::lanes(&self.sandbox, &server.url("/file.bin"), 5),
            LIMIT,
        )
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazy unmount, because a failed test may still have a file open there.
        let _ = Command::new("umount")
            .arg("-l")
            .arg(&self.mount_point)
            .status();
    }
}

fn failed_for_lack_of_space(run: &RunResult) -> bool {
    let reason = run.stderr.to_lowercase();
    run.code == Some(1)
        && ["space", "room", "full"]
            .iter()
            .any(|word| reason.contains(word))
}

#[test]
fn a_file_larger_than_the_free_space_is_refused_before_the_download() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let server = FaultServer::start(Scenario::new("big").len(DISK + 1));
    let run = disk.get(&server);
    assert!(failed_for_lack_of_space(&run), "{run:?}");
    assert!(
        finished_files(&disk.sandbox).is_empty() && server.sent() < DISK / 2,
        "{:?}",
        disk.sandbox.files()
    );
}

#[test]
fn a_file_of_unknown_length_that_fills_the_disk_fails_with_a_message_about_space() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let endless = Scenario::new("endless")
        .len(DISK + 1)
        .rate(64 << 20)
        .always([Action::IgnoreRange, Action::Chunked]);
    let run = disk.get(&FaultServer::start(endless));
    assert!(
        failed_for_lack_of_space(&run) && finished_files(&disk.sandbox).is_empty(),
        "{run:?}, {:?}",
        disk.sandbox.files()
    );
}

#[test]
fn a_download_resumes_after_the_disk_was_full() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let scenario = Scenario::new("full").len(4 << 20).rate(300 << 10);
    let server = FaultServer::start(scenario);
    let run = thread::scope(|scope| {
        let download = scope.spawn(|| disk.get(&server));
        assert!(server.wait_until_sent(1 << 20, LIMIT));
        disk.fill();
        download.join().unwrap()
    });
    disk.free();
    // The run succeeds if the program has reserved the space before the disk became full.
    if run.code != Some(0) {
        assert!(
            failed_for_lack_of_space(&run) && finished_files(&disk.sandbox).is_empty(),
            "{run:?}"
        );
        let before = server.sent();
        let again = disk.get(&server);
        assert_eq!(again.code, Some(0), "{again:?}, {:?}", disk.sandbox.files());
        assert!(
            server.sent() - before < 4 << 20,
            "the second run fetched the whole file again"
        );
    }
    assert!(
        has_correct_bytes(&disk.sandbox, "file.bin", 4 << 20),
        "{:?}",
        disk.sandbox.files()
    );
}
