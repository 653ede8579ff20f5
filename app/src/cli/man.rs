//! `lanes man`: the manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use super::failure::Failure;
use super::terminal;

/// Arguments of `lanes man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes man | man -l -
  lanes man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Folder that gets the page of every command [default: print the page lanes(1)]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the main page, or writes all pages.
pub(super) fn run(args: &ManArgs) -> Result<(), Failure> {
    let command = super::Args::command();
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        return terminal::print_bytes(&page).map_err(Failure::from);
    };
    clap_mangen::generate_to(command, dir).map_err(|error| {
        Failure::failed(format!(
            "cannot write the manual pages to {}: {error}; choose a folder that exists and can be written",
            dir.display()
        ))
    })
}
