//! Writes the measured facts to the file that `LANES_FACTS` names, with the name of the situation.

use std::fmt::Debug;
use std::fs::File;
use std::io::Write as _;
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

struct FactLog(Mutex<File>);

/// Begins to write, if a file is named.
pub fn start() {
    if let Some(path) = std::env::var_os("LANES_FACTS") {
        let file = File::create(path).expect("a file for facts");
        let log = FactLog(Mutex::new(file));
        tracing::subscriber::set_global_default(log).expect("the only subscriber");
    }
}

impl Subscriber for FactLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "lanes_engine::facts"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(&self.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line<'a>(&'a Mutex<File>);

impl Visit for Line<'_> {
    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default();
        let mut file = self.0.lock().expect("no panic");
        let _ = writeln!(file, "{name}\t{value:?}");
    }
}
