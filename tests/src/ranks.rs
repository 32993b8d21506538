//! Ranks as threads of one process, so that training on several is tested without MPI.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use repartee_train::{Communicator, TrainError};

/// One of the threads that train together.
#[derive(Debug)]
pub struct ThreadRank {
    rank: usize,
    /// By the rank at the other end.
    senders: Vec<Sender<Vec<u8>>>,
    receivers: Vec<Receiver<Vec<u8>>>,
    deadline: Duration,
}

impl ThreadRank {
    /// As many ranks, joined with one another; they wait for an answer at most `deadline`.
    pub fn team(n_ranks: usize, deadline: Duration) -> Vec<Self> {
        let mut senders: Vec<Vec<Sender<Vec<u8>>>> = (0..n_ranks).map(|_| Vec::new()).collect();
        let mut receivers: Vec<Vec<Receiver<Vec<u8>>>> = (0..n_ranks).map(|_| Vec::new()).collect();
        for from in &mut senders {
            for to in &mut receivers {
                let (sender, receiver) = channel();
                from.push(sender);
                to.push(receiver);
            }
        }
        let ends = senders.into_iter().zip(receivers).enumerate();
        ends.map(|(rank, (senders, receivers))| Self { rank, senders, receivers, deadline }).collect()
    }

    fn lost(&self, rank: usize) -> TrainError {
        TrainError::RankLost { rank, host: "this one".to_owned(), seconds: self.deadline.as_secs() }
    }
}

impl Communicator for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }

    fn n_ranks(&self) -> usize {
        self.senders.len()
    }

    fn exchange(
        &self,
        sends: &[(usize, &[u8])],
        receives: &mut [(usize, &mut [u8])],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), TrainError> {
        for (to, bytes) in sends {
            self.senders[*to].send(bytes.to_vec()).map_err(|_| self.lost(*to))?;
        }
        meanwhile();
        for (from, bytes) in receives {
            let received = self.receivers[*from].recv_timeout(self.deadline).map_err(|_| self.lost(*from))?;
            bytes.copy_from_slice(&received);
        }
        Ok(())
    }
}

/// Runs `work` on `n_ranks` threads, which wait for one another at most a minute; the results in the order of ranks.
///
/// # Panics
/// When a thread does.
pub fn on_ranks<T: Send>(n_ranks: usize, work: impl Fn(ThreadRank) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let work = &work;
        let team = ThreadRank::team(n_ranks, Duration::from_secs(60));
        let threads: Vec<_> = team.into_iter().map(|rank| scope.spawn(move || work(rank))).collect();
        threads.into_iter().map(|thread| thread.join().expect("the rank does not panic")).collect()
    })
}
