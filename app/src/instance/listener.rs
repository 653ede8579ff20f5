//! Takes the links and downloads that other programs of this user hand over.

use std::io::{self, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use lanes_engine::Waker;

use super::instance_file::InstanceFile;
use super::messages::{Handed, Handover, TAKEN, is_proof, proof, read_line};

/// Longest wait for a message. Clients are served one after the other.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Handovers that wait for the window; further ones are not taken.
const WAITING: usize = 64;

/// Listens for links until it is dropped.
pub(crate) struct Listener {
    file: InstanceFile,
    folder: PathBuf,
    taken: Receiver<Handed>,
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens on a free port of the loopback interface and writes its file into `folder`. `waker` is called
    /// after each handover.
    ///
    /// # Errors
    /// Those of listening, of writing the file and of starting a thread.
    pub(crate) fn start(folder: &Path, waker: Waker) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let file = InstanceFile {
            address: listener.local_addr()?,
            key: lanes_engine::random_key(),
        };
        let (sender, taken) = bounded(WAITING);
        let is_stopped = Arc::new(AtomicBool::new(false));
        let acceptor = Acceptor {
            listener,
            file: file.clone(),
            sender,
            waker,
            is_stopped: Arc::clone(&is_stopped),
        };
        let thread = Builder::new()
            .name("instance".into())
            .spawn(move || acceptor.run())?;
        let listener = Self {
            file,
            folder: folder.to_owned(),
            taken,
            is_stopped,
            thread: Some(thread),
        };
        // Only now: whoever reads the file is answered.
        listener.file.write(folder)?;
        Ok(listener)
    }

    /// Returns what the next program hands over.
    pub(crate) fn take(&self) -> Option<Handed> {
        self.taken.try_recv().ok()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.file.remove(&self.folder);
        self.is_stopped.store(true, Ordering::Release);
        // Wakes the thread. If that fails, the thread ends with the process.
        let woken = TcpStream::connect_timeout(&self.file.address, TIMEOUT).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken)
            && thread.join().is_err()
        {
            tracing::error!("the thread `instance` panicked");
        }
    }
}

struct Acceptor {
    listener: TcpListener,
    file: InstanceFile,
    sender: Sender<Handed>,
    waker: Waker,
    is_stopped: Arc<AtomicBool>,
}

impl Acceptor {
    fn run(&self) {
        for stream in self.listener.incoming() {
            if self.is_stopped.load(Ordering::Acquire) {
                return;
            }
            match stream.and_then(|stream| self.serve(stream)) {
                Ok(()) => (self.waker)(),
                Err(error) => tracing::debug!("no links were handed over: {error}"),
            }
        }
    }

    /// Takes the links of one client.
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let answer = proof(&self.file.key, &read_line(&mut reader)?);
        writeln!(stream, "{answer}")?;
        let handover: Handover = serde_json::from_str(&read_line(&mut reader)?)?;
        if !is_proof(&self.file.key, &answer, &handover.proof) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.sender
            .try_send(handover.handed)
            .map_err(|_| io::ErrorKind::WouldBlock)?;
        writeln!(stream, "{TAKEN}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::client;
    use super::*;
    use crate::handed_download::HandedDownload;

    fn hand_over(folder: &Path, links: &[String]) -> bool {
        client::hand_over(folder, &handed(links), Duration::from_secs(2))
    }

    fn handed(links: &[String]) -> Handed {
        Handed {
            links: links.to_vec(),
            ..Handed::default()
        }
    }

    fn start(folder: &Path) -> (Listener, Receiver<()>) {
        let (woken, is_woken) = bounded(8);
        let waker = Arc::new(move || {
            let _ = woken.try_send(());
        });
        (Listener::start(folder, waker).unwrap(), is_woken)
    }

    #[test]
    fn links_reach_the_window_and_wake_it() {
        let folder = tempfile::tempdir().unwrap();
        let (window, is_woken) = start(folder.path());
        let links = ["https://h/a b".to_owned(), "/x/y.meta4".to_owned()];
        assert!(hand_over(folder.path(), &links));
        is_woken.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(window.take(), Some(handed(&links)));
        assert!(hand_over(folder.path(), &[]));
        drop(window);
        assert!(!hand_over(folder.path(), &links));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn downloads_of_a_browser_keep_their_name_and_header_fields() {
        let folder = tempfile::tempdir().unwrap();
        let (window, _) = start(folder.path());
        let download = HandedDownload {
            url: "https://h/f?token=1".into(),
            name: Some("f \u{202e}.bin".into()),
            headers: [("Cookie".to_owned(), "a=\"1\"".to_owned())].into(),
        };
        let handed = Handed {
            downloads: vec![download],
            ..Handed::default()
        };
        assert!(client::hand_over(
            folder.path(),
            &handed,
            Duration::from_secs(2)
        ));
        assert_eq!(window.take(), Some(handed));
    }

    #[test]
    fn a_program_that_got_the_port_of_a_killed_window_learns_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let file = InstanceFile {
            address: other.local_addr().unwrap(),
            key: lanes_engine::random_key(),
        };
        file.write(folder.path()).unwrap();
        let heard = Builder::new().name("other".into());
        let heard = heard.spawn(move || {
            let (mut stream, _) = other.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let nonce = read_line(&mut reader).unwrap();
            // An answer without the key.
            writeln!(stream, "{}", proof(&[0; 32], &nonce)).unwrap();
            read_line(&mut reader)
        });
        let heard = heard.unwrap();
        assert!(!hand_over(folder.path(), &["https://h/secret".to_owned()]));
        assert!(heard.join().unwrap().is_err());
    }

    #[test]
    fn strangers_hand_nothing_over_and_stop_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (window, _) = start(folder.path());
        for line in [
            "",
            "GET / HTTP/1.1\r\n\r\n",
            "{}\n{}\n",
            "x\n{\"proof\":\"00\",\"links\":[\"l\"]}\n",
        ] {
            let mut stream = TcpStream::connect(window.file.address).unwrap();
            stream.write_all(line.as_bytes()).unwrap();
        }
        assert!(hand_over(folder.path(), &["l".to_owned()]));
        assert_eq!(window.take(), Some(handed(&["l".to_owned()])));
        assert_eq!(window.take(), None);
    }

    #[test]
    fn the_file_of_a_later_window_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (first, _) = start(folder.path());
        let (second, _) = start(folder.path());
        drop(first);
        assert!(hand_over(folder.path(), &["l".to_owned()]));
        assert_eq!(second.take().map(|handed| handed.links.len()), Some(1));
    }
}
