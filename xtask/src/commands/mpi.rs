//! `cargo xtask mpi`: training on several ranks, whose build and tests need an MPI.
//!
//! Everything else is built and tested without: the feature `mpi` is off by default and touches crates of ours only.

use crate::{process, say, workspace::Workspace};

use super::setup;

/// Builds Repartee with MPI and runs the tests that start `mpirun`
///
/// Installs what is missing first, as `setup --mpi` does. The rest is built without MPI and stays as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Mpi {
    /// What to do
    #[arg(value_enum, default_value_t = What::Test)]
    what: What,

    /// Build what is fast, as `cargo build --release` does
    #[arg(long)]
    release: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// The program alone
    Build,
    /// Clippy and the tests
    Test,
}

/// The feature, by the package that has it: other packages of the build stay as they are.
const FEATURE: [&str; 2] = ["--features", "repartee-cli/mpi"];

impl Mpi {
    /// # Errors
    /// When it does not build, or a test fails.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        setup::mpi(true);
        workspace.say_target_dir("mpi");
        let call = |arguments: &[&str], behind: &[&str], remedy: &str| {
            let mut command = workspace.cargo();
            command.args(arguments).args(FEATURE);
            if self.release {
                command.arg("--release");
            }
            command.args(behind);
            say::line("mpi", &process::shown(&command));
            process::run(&mut command, remedy)
        };
        if self.what == What::Build {
            call(&["build"], &[], "`cargo xtask setup --mpi` says what is missing")?;
            let profile = if self.release { "release" } else { "debug" };
            let program = workspace.target_dir.join(profile).join("repartee");
            say::line("mpi", &format!("built {}; `mpirun -n 2 {0} train …`", program.display()));
            return Ok(());
        }
        call(&["clippy", "--all-targets"], &["--", "-D", "warnings"], "the warnings above say what to change")?;
        call(&["test", "--test", "mpi"], &[], "the tests' own lines say what is wrong")
    }
}
