//! The events of a task as server-sent events. A stream that nobody reads any more stops its task.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_core::Stream;
use repartee_wire::engine::EngineError;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Interval, interval},
};

use crate::{Stop, Told};

/// A line that says nothing finds out whether somebody is there.
const BEAT: Duration = Duration::from_secs(10);

/// Events on their way.
pub(crate) struct Events {
    lines: UnboundedReceiver<String>,
    beat: Interval,
    stop: Option<Stop>,
}

/// The beginning of a stream, and where its events come out.
pub(crate) fn events() -> (UnboundedSender<String>, Events) {
    let (sender, lines) = unbounded_channel();
    (sender, Events { lines, beat: interval(BEAT), stop: None })
}

impl Events {
    /// Whoever drops the stream stops this.
    pub(crate) fn stopping(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        if let Some(stop) = &self.stop {
            stop.stop();
        }
    }
}

/// What is told, in the form of server-sent events.
pub(crate) fn text(told: Told) -> String {
    match told {
        Told::Event(event) => line("event", &event),
        Told::End(Ok(())) => line("end", "null"),
        Told::End(Err(error)) => refusal(&error),
    }
}

/// A refusal in that form.
pub(crate) fn refusal(error: &EngineError) -> String {
    line("error", &serde_json::to_string(error).expect("a refusal is plain data"))
}

fn line(kind: &str, data: &str) -> String {
    format!("event: {kind}\ndata: {data}\n\n")
}

impl Stream for Events {
    type Item = Result<String, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.lines.poll_recv(context) {
            Poll::Ready(line) => Poll::Ready(line.map(Ok)),
            Poll::Pending => self.beat.poll_tick(context).map(|_| Some(Ok(":\n\n".to_owned()))),
        }
    }
}
