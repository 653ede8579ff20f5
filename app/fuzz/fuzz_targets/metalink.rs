//! A Metalink, which a stranger wrote: read, or refused in words; every file that it names has a name
//! that stays in its folder, and pieces that are as many as its length asks for.

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
        if let Ok(request) = file.request() {
            assert_eq!(request.checksum, file.checksum);
        }
    }
});
