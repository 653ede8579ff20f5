//! Prints a delivery trace of the program in mahimahi's format, for other emulators:
//! `cargo run -p lanes-shared --example delivery_trace lte-moving`.

use std::io::Write as _;

use lanes_shared::link::Trace;

fn main() -> std::io::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_default();
    match Trace::try_from(name) {
        Ok(trace) => std::io::stdout().write_all(trace.to_text().as_bytes()),
        Err(error) => Err(std::io::Error::other(error.to_string())),
    }
}
