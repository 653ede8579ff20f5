//! Remembers for a day how many connections each server accepts. The file is for this user only, because
//! it names servers.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::own_file::{self, Access, Opened};
use super::private_file;
use crate::model::host_connection_limit::HostConnectionLimit;

/// Time for which an entry counts.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);
/// Limit of the file in bytes.
const MAX_LEN: u64 = 1 << 20;
/// Limit of entries; the oldest are dropped.
const MAX_ENTRIES: usize = 1000;
/// Name of the file in the data folder of the program.
pub(crate) const FILE_NAME: &str = "hosts.json";

/// The file of known hosts.
#[derive(Debug, Clone)]
pub struct ConnectionLimitCache(PathBuf);

impl ConnectionLimitCache {
    /// Names the file.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Returns the file in the data folder of this user; `None` if the user has no home.
    #[must_use]
    pub fn default_path() -> Option<PathBuf> {
        let folders = directories::ProjectDirs::from("", "", "lanes")?;
        Some(folders.data_dir().join(FILE_NAME))
    }

    /// Returns the entries of the last day. A file that is missing, foreign or damaged has none.
    #[must_use]
    pub fn entries(&self) -> Vec<HostConnectionLimit> {
        self.read(SystemTime::now())
    }

    fn read(&self, now: SystemTime) -> Vec<HostConnectionLimit> {
        let Opened::Regular(file, meta) = own_file::open(&self.0, Access::Read) else {
            return Vec::new();
        };
        let mut text = Vec::new();
        if !own_file::is_owned(&meta) || file.take(MAX_LEN).read_to_end(&mut text).is_err() {
            return Vec::new();
        }
        let mut entries: Vec<HostConnectionLimit> =
            serde_json::from_slice(&text).unwrap_or_default();
        let now = seconds(now);
        entries.retain(|entry| {
            entry.connections > 0 && entry.learned <= now && now - entry.learned < MAX_AGE.as_secs()
        });
        entries
    }

    /// Remembers that `server` accepts this many connections.
    ///
    /// # Errors
    /// Those of writing the file.
    pub(crate) fn remember(&self, server: &str, connections: u16) -> std::io::Result<()> {
        let now = SystemTime::now();
        let mut entries = self.read(now);
        entries.retain(|entry| entry.server != server);
        entries.push(HostConnectionLimit {
            server: server.to_owned(),
            connections,
            learned: seconds(now),
        });
        let surplus = entries.len().saturating_sub(MAX_ENTRIES);
        entries.drain(..surplus);
        self.write(&entries)
    }

    /// Forgets `server`, a host or a host and port; all servers if it is `None`. Returns the number of
    /// forgotten entries.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn forget(&self, server: Option<&str>) -> std::io::Result<usize> {
        let before = self.entries();
        let is_kept =
            |entry: &HostConnectionLimit| server.is_some_and(|server| !entry.is_named(server));
        let kept: Vec<HostConnectionLimit> = before
            .iter()
            .filter(|entry| is_kept(entry))
            .cloned()
            .collect();
        if kept.len() < before.len() {
            self.write(&kept)?;
        }
        Ok(before.len() - kept.len())
    }

    fn write(&self, entries: &[HostConnectionLimit]) -> std::io::Result<()> {
        if let Some(folder) = self.0.parent().filter(|folder| *folder != Path::new("")) {
            private_file::create_private_folder(folder)?;
        }
        private_file::replace_private(&self.0, &serde_json::to_vec(entries)?)
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_count_for_a_day_and_can_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let memory = ConnectionLimitCache::new(folder.path().join("a/hosts.json"));
        assert!(memory.entries().is_empty());
        memory.remember("h.org:80", 8).unwrap();
        memory.remember("h.org:80", 4).unwrap();
        memory.remember("[::1]:8080", 1).unwrap();
        let known = memory.entries();
        assert_eq!((known.len(), known[0].connections), (2, 4));
        let tomorrow = SystemTime::now() + MAX_AGE;
        assert!(memory.read(tomorrow).is_empty());
        assert_eq!(memory.forget(Some("other")).unwrap(), 0);
        assert_eq!(memory.forget(Some("h.org")).unwrap(), 1);
        assert_eq!(memory.forget(None).unwrap(), 1);
        assert!(memory.entries().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_this_user_only_and_a_damaged_one_is_replaced() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts.json");
        for text in [
            "",
            "{",
            "[{}]",
            "[{\"server\":\"h\",\"connections\":0,\"learned\":1}]",
        ] {
            std::fs::write(&path, text).unwrap();
            let memory = ConnectionLimitCache::new(path.clone());
            assert!(memory.entries().is_empty(), "{text}");
            memory.remember("h:1", 2).unwrap();
            assert_eq!(memory.entries().len(), 1);
        }
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // A link is not followed.
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(ConnectionLimitCache::new(link).entries().is_empty());
    }
}
