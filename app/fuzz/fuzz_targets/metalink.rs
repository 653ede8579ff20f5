//! Metalinks, which are untrusted: a file parses or is rejected with an error; names of files stay in their
//! folder, and the number of pieces fits the length.

#![no_main]

use lanes_engine::metalink::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let files = match parse(text) {
        Ok(files) => files,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!files.is_empty());
    for file in files {
        assert!(!file.name.is_empty() && !file.name.contains(['/', '\\', '\0']));
        assert!(file.name != "." && file.name != "..");
        if let Ok(spec) = file.to_spec() {
            assert_eq!(spec.checksum, file.checksum);
        }
    }
});
