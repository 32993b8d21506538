//! Who is missing: a rank that has waited too long tells all others so; whoever hears it says that it waits too, and
//! who says nothing is the one that all wait for.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    time::{Duration, Instant},
};

use mpi::{
    request::StaticScope,
    topology::SimpleCommunicator,
    traits::{Communicator as _, Destination as _, Source as _},
};

/// Tag of an alarm; data have another.
const TAG: i32 = 1;
/// How long a rank has to say that it is there.
const GRACE: Duration = Duration::from_secs(3);
/// How much longer the others leave it to the lowest rank to report, and to MPI to end them.
const TURN: Duration = Duration::from_secs(10);
static ALARM: [u8; 1] = [1];

/// The state of one rank's alarm.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    raised: Cell<Option<Instant>>,
    heard: RefCell<BTreeSet<usize>>,
}

impl Alarm {
    /// To be called while waiting: answers others' alarms, and raises one when it `is_late`. Returns the ranks that said
    /// nothing, once it is this rank's turn to report them.
    pub(crate) fn watch(&self, world: &SimpleCommunicator, is_late: bool) -> Option<Vec<usize>> {
        let (rank, n_ranks) = (world.rank() as usize, world.size() as usize);
        while let Some(status) = world.any_process().immediate_probe_with_tag(TAG) {
            let mut byte = [0u8];
            let source = status.source_rank();
            world.process_at_rank(source).receive_into_with_tag(&mut byte[..], TAG);
            self.heard.borrow_mut().insert(source as usize);
        }
        if self.raised.get().is_none() && (is_late || !self.heard.borrow().is_empty()) {
            self.raised.set(Some(Instant::now()));
            for other in (0..n_ranks).filter(|&other| other != rank) {
                let process = world.process_at_rank(other as i32);
                let request = process.immediate_send_with_tag(StaticScope, &ALARM[..], TAG);
                // To a rank that is gone it may never complete, and this process is about to end.
                std::mem::forget(request);
            }
        }
        let since = self.raised.get()?.elapsed();
        let heard = self.heard.borrow();
        let is_first = heard.iter().all(|&other| other > rank);
        let patience = if is_first { GRACE } else { GRACE + TURN };
        (since >= patience).then(|| (0..n_ranks).filter(|other| *other != rank && !heard.contains(other)).collect())
    }
}
