//! The secret key of this user, by which Lanes recognises its own files.
//!
//! It is created once, from the random numbers of the system, and kept in the data folder of the user with
//! mode 0600. A journal carries a code computed with it ([`UserKey::code`]); so a file that a browser, a
//! Metalink or another user puts beside a download is never taken for a journal. Without the key
//! the code cannot be computed.
//!
//! Without a folder that belongs to this user (no home, `sudo` with the home of another user, a read-only
//! home) the key lives as long as the process: downloads resume within it, but not after it ends.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};

use super::own_file::{self, Access, Opened};
use super::private_file;

/// Length of the key in bytes.
const LEN: usize = 32;
/// Name of the file.
const FILE_NAME: &str = "journal.key";
/// Number of times that a key that another process is writing is read again.
const RETRIES: u32 = 20;
/// Delay before it is read again.
const RETRY_DELAY: Duration = Duration::from_millis(5);

/// The key of this user.
pub(crate) struct UserKey {
    key: [u8; LEN],
    is_kept: bool,
}

impl UserKey {
    /// Returns the key of this user; the first call reads or creates it.
    pub fn get() -> &'static Self {
        static KEY: OnceLock<UserKey> = OnceLock::new();
        KEY.get_or_init(|| folder().map_or_else(Self::temporary, |folder| Self::open(&folder)))
    }

    /// Reads the key in `folder`, or creates it.
    fn open(folder: &Path) -> Self {
        let kept = read(folder).or_else(|| create(folder));
        kept.map_or_else(Self::temporary, |key| Self { key, is_kept: true })
    }

    fn temporary() -> Self {
        Self {
            key: random(),
            is_kept: false,
        }
    }

    /// Returns whether a later process of this user has the same key.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Returns the code of `bytes` in hexadecimal. Codes of different purposes have nothing in common.
    pub fn code(&self, purpose: &str, bytes: &[u8]) -> String {
        blake3::Hasher::new_keyed(&self.key)
            .update(purpose.as_bytes())
            .update(&[0])
            .update(bytes)
            .finalize()
            .to_hex()
            .to_string()
    }

    /// Returns whether `code` is the code of `bytes`. Takes the same time for every wrong code.
    pub fn is_code(&self, purpose: &str, bytes: &[u8], code: &str) -> bool {
        let expected = self.code(purpose, bytes);
        let differences = expected.bytes().zip(code.bytes());
        let differences = differences.fold(0, |all, (a, b)| all | (a ^ b));
        differences == 0 && expected.len() == code.len()
    }
}

/// Returns `None`, so that unit tests leave the home of the user alone.
#[cfg(test)]
fn folder() -> Option<PathBuf> {
    None
}

/// Returns the data folder of the program, if it belongs to this user or will.
#[cfg(not(test))]
fn folder() -> Option<PathBuf> {
    use directories::ProjectDirs;

    let folder = ProjectDirs::from("", "", "lanes")?.data_dir().to_owned();
    let existing = folder.ancestors().find(|path| path.exists())?;
    let meta = fs::metadata(existing).ok()?;
    own_file::is_owned(&meta).then_some(folder)
}

/// Returns a random key, from the random numbers of the system.
pub fn random() -> [u8; LEN] {
    let mut key = [0; LEN];
    if SystemRandom::new().fill(&mut key).is_err() {
        // The system has no random numbers: a key that no file matches.
        key[..16].copy_from_slice(&crate::model::random_id::random());
        key[16..].copy_from_slice(&crate::model::random_id::random());
    }
    key
}

/// Reads the key. `None` if there is none, or if it is not a regular file of this user.
fn read(folder: &Path) -> Option<[u8; LEN]> {
    for _ in 0..RETRIES {
        let Opened::Regular(file, meta) = own_file::open(&folder.join(FILE_NAME), Access::Read)
        else {
            return None;
        };
        if !own_file::is_owned(&meta) || own_file::link_count(&meta) != 1 {
            return None;
        }
        let mut bytes = Vec::new();
        file.take(LEN as u64 + 1).read_to_end(&mut bytes).ok()?;
        if let Ok(key) = bytes.try_into() {
            return Some(key);
        }
        // Another process is writing it, or has crashed before it did.
        std::thread::sleep(RETRY_DELAY);
    }
    None
}

/// Creates the key, or returns the one that another process creates at the same time.
fn create(folder: &Path) -> Option<[u8; LEN]> {
    private_file::create_private_folder(folder).ok()?;
    let path = folder.join(FILE_NAME);
    let key = random();
    if let Ok(mut file) = own_file::create_new(&path) {
        file.write_all(&key).ok()?;
        // A crash of the machine must not leave journals without their key.
        file.sync_all().ok()?;
        return Some(key);
    }
    if let Some(key) = read(folder) {
        return Some(key);
    }
    // A process crashed while it wrote the key, so that no journal can have it.
    let Opened::Regular(_, meta) = own_file::open(&path, Access::Read) else {
        return None;
    };
    if !own_file::is_owned(&meta) || own_file::link_count(&meta) != 1 {
        return None;
    }
    private_file::replace_private(&path, &key).ok()?;
    read(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_created_once_and_read_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("share/lanes");
        let first = UserKey::open(&folder);
        let again = UserKey::open(&folder);
        assert!(first.is_kept() && again.is_kept());
        assert_eq!(first.key, again.key);
        let code = first.code("a", b"text");
        assert!(again.is_code("a", b"text", &code));
        for (purpose, bytes, code) in [
            ("b", &b"text"[..], &*code),
            ("a", b"texts", &code),
            ("a", b"text", &code[1..]),
            ("a", b"text", ""),
        ] {
            assert!(!again.is_code(purpose, bytes, code), "{purpose} {code}");
        }
    }

    #[test]
    fn a_key_that_was_not_written_to_its_end_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), "short").unwrap();
        let key = UserKey::open(dir.path());
        assert!(key.is_kept());
        assert_eq!(UserKey::open(dir.path()).key, key.key);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_or_a_folder_that_cannot_be_written_gives_a_temporary_key() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/zero", dir.path().join(FILE_NAME)).unwrap();
        assert!(!UserKey::open(dir.path()).is_kept());
        assert!(!UserKey::open(Path::new("/dev/null/lanes")).is_kept());
    }

    #[test]
    fn processes_that_start_together_agree_on_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let keys: Vec<[u8; LEN]> = std::thread::scope(|scope| {
            let open = || UserKey::open(dir.path()).key;
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }
}
