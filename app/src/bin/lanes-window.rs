//! The window of Lanes without a console beside it, for the Start menu of Windows. On other systems the program
//! `lanes` does the same.
#![cfg_attr(windows, windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match lanes::ui::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no console to print it to.
            rfd::MessageDialog::new()
                .set_level(rfd::MessageLevel::Error)
                .set_title("Lanes")
                .set_description(error.to_string())
                .show();
            ExitCode::FAILURE
        }
    }
}
