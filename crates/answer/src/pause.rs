//! Giving way.

use std::{future::poll_fn, task::Poll};

/// Gives way once; whoever drives the future may do something else before it goes on.
pub(crate) async fn pause() {
    let mut is_polled = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
