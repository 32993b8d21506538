//! Letting a worker hear its messages while it computes.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Runs a future; each time that it gives way, messages are heard before it goes on. A promise alone would not do:
/// promises come before messages.
pub(crate) async fn with_pauses<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        let mut is_polled = false;
        let value = poll_fn(|context| {
            // The second poll is the wake-up.
            if std::mem::replace(&mut is_polled, true) {
                return Poll::Ready(None);
            }
            future.as_mut().poll(context).map(Some)
        });
        match value.await {
            Some(value) => return value,
            None => hear_messages().await,
        }
    }
}

/// Waits until the worker has heard what was posted to it. The worker's script has `afterMessages(resolve)`; where there
/// is none, nothing is waited for.
async fn hear_messages() {
    let after = Reflect::get(&js_sys::global(), &"afterMessages".into()).ok();
    let Some(after) = after.and_then(|after| after.dyn_into::<Function>().ok()) else { return };
    let promise = Promise::new(&mut |resolve, _| {
        if after.call1(&JsValue::NULL, &resolve).is_err() {
            _ = resolve.call0(&JsValue::NULL);
        }
    });
    _ = JsFuture::from(promise).await;
}
