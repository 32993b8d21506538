//! How xtask speaks: one line, one prefix, on standard error.
//!
//! Standard output belongs to the programs that xtask starts, so that their closing lines are the last ones there.

use std::time::Instant;

/// Prints `[topic] message`.
pub(crate) fn line(topic: &str, message: &str) {
    eprintln!("[{topic}] {message}");
}

/// Steps that all run, whatever becomes of the earlier ones; the failures are told together at the end.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    failed: Vec<&'static str>,
}

impl Steps {
    /// Runs one step and says how it went and how long it took.
    pub(crate) fn run(&mut self, name: &'static str, step: impl FnOnce() -> anyhow::Result<()>) {
        let start = Instant::now();
        let outcome = step();
        let elapsed_s = start.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => line(name, &format!("ok ({elapsed_s:.1} s)")),
            Err(error) => {
                line(name, &format!("FAILED ({elapsed_s:.1} s): {error:#}"));
                self.failed.push(name);
            }
        }
    }

    /// # Errors
    /// When a step failed; names all that did.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        anyhow::ensure!(self.failed.is_empty(), "failed: {}; the lines above say why", self.failed.join(", "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_is_named_and_the_next_one_still_runs() {
        let mut steps = Steps::default();
        let mut ran = false;
        steps.run("first", || anyhow::bail!("no"));
        steps.run("second", || {
            ran = true;
            Ok(())
        });
        assert!(ran);
        let message = steps.finish().unwrap_err().to_string();
        assert!(message.contains("first") && !message.contains("second"), "{message}");
    }
}
