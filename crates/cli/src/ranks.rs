//! The processes that `mpirun` started, or a single one.

use std::{process::ExitCode, time::Duration};

use repartee_engine::{Alone, Communicator, DeviceChoice};

use crate::context::Global;

/// What `mpirun` and its like tell a process about how many there are: Open MPI, and MPICH's and Slurm's launchers.
const COUNTS: [&str; 2] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];
/// The number of a process among those of its host.
const LOCAL_RANKS: [&str; 3] = ["OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID"];

/// This process among those that train together.
#[derive(Debug)]
pub(crate) enum Ranks {
    /// The only one.
    Alone(Alone),
    /// One of `mpirun`'s.
    #[cfg(feature = "mpi")]
    Mpi(Box<repartee_mpi::MpiCommunicator>),
}

impl Ranks {
    /// Meets the other ranks, if `mpirun` started this process.
    #[cfg(feature = "mpi")]
    pub(crate) fn meet(deadline: Duration) -> anyhow::Result<Self> {
        if COUNTS.into_iter().all(|name| std::env::var_os(name).is_none()) {
            return Ok(Self::Alone(Alone));
        }
        Ok(Self::Mpi(Box::new(repartee_mpi::MpiCommunicator::start(deadline)?)))
    }

    /// Without MPI, processes that `mpirun` started would all make the same run.
    #[cfg(not(feature = "mpi"))]
    pub(crate) fn meet(_deadline: Duration) -> anyhow::Result<Self> {
        let n_ranks = COUNTS.into_iter().find_map(number).unwrap_or(1);
        anyhow::ensure!(
            n_ranks == 1,
            "this program was started as {n_ranks} ranks, but built without MPI; build it with `cargo xtask mpi build`"
        );
        Ok(Self::Alone(Alone))
    }

    pub(crate) fn communicator(&self) -> &dyn Communicator {
        match self {
            Self::Alone(alone) => alone,
            #[cfg(feature = "mpi")]
            Self::Mpi(mpi) => mpi.as_ref(),
        }
    }

    /// The options of this rank: only rank 0 speaks, and of a host's GPUs each of its ranks takes one.
    pub(crate) fn global(&self, global: &Global) -> Global {
        let communicator = self.communicator();
        if communicator.n_ranks() == 1 {
            return *global;
        }
        let local_rank = LOCAL_RANKS.into_iter().find_map(number).unwrap_or(0);
        let device = match global.device {
            choice @ (DeviceChoice::Auto | DeviceChoice::Wgpu(None)) => choice.of_local_rank(local_rank),
            choice => choice,
        };
        Global { device, quiet: global.quiet || communicator.rank() > 0, ..*global }
    }

    /// Ends the process; an error of one rank ends all of them.
    pub(crate) fn end(self, result: anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
        #[cfg(feature = "mpi")]
        if let (Self::Mpi(mpi), Err(error)) = (&self, &result) {
            mpi.abort(&crate::chain(error));
        }
        result
    }

    /// A line about the ranks, if there are several.
    pub(crate) fn described(&self) -> Option<String> {
        match self {
            Self::Alone(_) => None,
            #[cfg(feature = "mpi")]
            Self::Mpi(mpi) => Some(format!("{} ranks on {} hosts", mpi.n_ranks(), mpi.n_hosts())),
        }
    }
}

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}
