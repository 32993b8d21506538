//! The processes of `mpirun` as a [`Communicator`].

use std::{
    collections::BTreeSet,
    fmt,
    time::{Duration, Instant},
};

use mpi::{
    environment::Universe,
    request::{Request, Scope},
    topology::SimpleCommunicator,
    traits::{Communicator as _, CommunicatorCollectives as _, Destination as _, Source as _},
};
use repartee_train::{Communicator, TrainError};

use crate::alarm::Alarm;

/// Tag of data.
const TAG: i32 = 0;
/// Bytes of a host's name that are kept.
const HOST_BYTES: usize = 64;
/// A rank polls without a pause for so long; an update's sums are done by then on a quick network.
const EAGER: Duration = Duration::from_millis(2);
const PAUSE: Duration = Duration::from_micros(50);
/// Longer than `mpirun` takes to end what it was told to.
const RANK_0_FIRST: Duration = Duration::from_secs(5);
/// If MPI cannot end the job in this time, the process ends by itself.
const ABORT_PATIENCE: Duration = Duration::from_secs(10);

/// Why the ranks did not meet.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum MpiError {
    #[error("MPI does not start a second time in one process; start each training by its own mpirun")]
    Started,
}

/// One process of several that `mpirun` started. MPI ends when it is dropped, on all ranks.
pub struct MpiCommunicator {
    world: SimpleCommunicator,
    hosts: Vec<String>,
    deadline: Duration,
    alarm: Alarm,
    // Last: what was made in it goes first.
    _universe: Universe,
}

impl fmt::Debug for MpiCommunicator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hosts, deadline, .. } = self;
        formatter.debug_struct("MpiCommunicator").field("hosts", hosts).field("deadline", deadline).finish()
    }
}

impl MpiCommunicator {
    /// Meets the other ranks. A rank that lets another wait for longer than `deadline` later ends the job, and so does
    /// a panic.
    ///
    /// # Errors
    /// When MPI runs already.
    pub fn start(deadline: Duration) -> Result<Self, MpiError> {
        let universe = mpi::initialize().ok_or(MpiError::Started)?;
        let world = universe.world();
        let name = mpi::environment::processor_name().unwrap_or_else(|_| "a host without a name".to_owned());
        let mut own = [0u8; HOST_BYTES];
        let length = name.len().min(HOST_BYTES);
        own[..length].copy_from_slice(&name.as_bytes()[..length]);
        let mut all = vec![0u8; HOST_BYTES * world.size() as usize];
        world.all_gather_into(&own[..], &mut all[..]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
        let hosts = all.chunks(HOST_BYTES).map(text).collect();
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            default(panic);
            // Unwinding would end in MPI's finalisation, where the others never come.
            end_job();
        }));
        Ok(Self { world, hosts, deadline, alarm: Alarm::default(), _universe: universe })
    }

    /// The host of a rank.
    pub fn host(&self, rank: usize) -> &str {
        self.hosts.get(rank).map_or("an unknown host", String::as_str)
    }

    /// Different hosts.
    pub fn n_hosts(&self) -> usize {
        self.hosts.iter().collect::<BTreeSet<_>>().len()
    }

    /// Ends all ranks with a message from this one.
    pub fn abort(&self, message: &str) -> ! {
        // Several ranks may end for the same reason; rank 0's word is enough, and ends the others before theirs.
        if self.rank() > 0 {
            std::thread::sleep(RANK_0_FIRST);
        }
        eprintln!("error: rank {} on {}: {message}", self.rank(), self.host(self.rank()));
        end_job()
    }

    fn report(&self, missing: &[usize], peers: &[usize]) -> ! {
        let named = |ranks: &[usize]| {
            let named: Vec<_> = ranks.iter().map(|&rank| format!("rank {rank} on {}", self.host(rank))).collect();
            named.join(", ")
        };
        let seconds = self.deadline.as_secs();
        let what = if missing.is_empty() {
            format!("{} sent nothing for {seconds} s, though all ranks answer; raise --rank-timeout", named(peers))
        } else {
            format!("no answer for {seconds} s from {}; look after it, then go on with --resume", named(missing))
        };
        eprintln!("error: rank {} on {}: {what}", self.rank(), self.host(self.rank()));
        end_job()
    }

    /// Waits for what is under way.
    fn wait<'a, S: Scope<'a>>(&self, mut pending: Vec<(usize, Request<'a, [u8], S>)>) {
        let started = Instant::now();
        loop {
            let test = |(peer, request): (usize, Request<'a, [u8], S>)| match request.test() {
                Ok(_) => None,
                Err(request) => Some((peer, request)),
            };
            pending = pending.into_iter().filter_map(test).collect();
            if pending.is_empty() {
                return;
            }
            let waited = started.elapsed();
            if waited < EAGER {
                std::thread::yield_now();
                continue;
            }
            if let Some(missing) = self.alarm.watch(&self.world, waited >= self.deadline) {
                let peers: Vec<usize> = pending.iter().map(|(peer, _)| *peer).collect();
                self.report(&missing, &peers);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Communicator for MpiCommunicator {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn n_ranks(&self) -> usize {
        self.world.size() as usize
    }

    /// Never returns an error: a rank that is lost ends the job here, because messages to it stay under way.
    fn exchange(
        &self,
        sends: &[(usize, &[u8])],
        receives: &mut [(usize, &mut [u8])],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), TrainError> {
        mpi::request::scope(|scope| {
            let mut pending = Vec::with_capacity(sends.len() + receives.len());
            for (from, bytes) in receives.iter_mut() {
                let process = self.world.process_at_rank(*from as i32);
                pending.push((*from, process.immediate_receive_into_with_tag(scope, &mut **bytes, TAG)));
            }
            for (to, bytes) in sends {
                let process = self.world.process_at_rank(*to as i32);
                pending.push((*to, process.immediate_send_with_tag(scope, *bytes, TAG)));
            }
            meanwhile();
            self.wait(pending);
        });
        Ok(())
    }
}

/// `MPI_Abort`; if that hangs, because the host is cut off, the process ends without it.
pub(crate) fn end_job() -> ! {
    std::thread::spawn(|| {
        std::thread::sleep(ABORT_PATIENCE);
        std::process::exit(1);
    });
    SimpleCommunicator::world().abort(1)
}
