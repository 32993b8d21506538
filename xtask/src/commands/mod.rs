//! The commands, one file each. A new one is a file here and a line in the list below.

use clap::CommandFactory;

use crate::workspace::Workspace;

/// Writes the `mod` lines, the command-line enum and its dispatch from one list.
macro_rules! commands {
    ($($module:ident :: $command:ident),* $(,)?) => {
        $(pub(crate) mod $module;)*

        /// What `cargo xtask` can be told to do; each variant's help is on its struct.
        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum Command {
            $(
                #[allow(missing_docs, reason = "the documentation is on the struct")]
                $command($module::$command)
            ),*
        }

        impl Command {
            /// Runs the command.
            pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
                match self {
                    $(Self::$command(command) => command.run(workspace)),*
                }
            }
        }
    };
}

commands! {
    demo::Demo,
    test::Test,
    setup::Setup,
    lint::Lint,
    fmt::Fmt,
    clippy::Clippy,
    licences::Licences,
    tidy::Tidy,
    ui::Ui,
    web::Web,
    desktop::Desktop,
    archive::Archive,
    mpi::Mpi,
}

/// The commands with their one-line descriptions.
pub(crate) fn list() -> String {
    let command_line = crate::CommandLine::command();
    let line = |command: &clap::Command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        format!("  {:<9} {about}", command.get_name())
    };
    command_line.get_subcommands().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_command_is_listed_with_what_it_does() {
        for line in super::list().lines() {
            assert!(line.split_whitespace().count() > 2, "no description: {line}");
        }
    }
}
