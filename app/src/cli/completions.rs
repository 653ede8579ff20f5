//! `lanes completions`: a script that completes the arguments in a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::failure::Failure;
use super::terminal;

/// Arguments of `lanes completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes completions bash > ~/.local/share/bash-completion/completions/lanes
  lanes completions fish > ~/.config/fish/completions/lanes.fish")]
pub struct CompletionsArgs {
    /// Shell that reads the script
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script.
pub(super) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut super::Args::command(),
        "lanes",
        &mut script,
    );
    terminal::print_bytes(&script).map_err(Failure::from)
}
