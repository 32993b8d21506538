//! What a line at the prompt means.

/// What `/help` prints.
pub(super) const HELP: &str = "  /pin K          answer with the latent of reply K from now on
  /unpin          draw latents again
  /between A B    walk from the latent of reply A to that of reply B in five steps (/between A B N: in N)
  /more           other replies to the same utterance
  /samples N      draw N latents for each utterance
  /quit           end";

/// Most latents of one answer.
const MAX_LATENTS: usize = 65_535;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Nothing,
    Say(String),
    Help,
    Pin(usize),
    Unpin,
    Between { from: usize, to: usize, steps: usize },
    More,
    Samples(usize),
    Quit,
}

impl Command {
    /// Parses a line; the message says what was expected.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let Some(command) = line.strip_prefix('/') else {
            return Ok(if line.is_empty() { Self::Nothing } else { Self::Say(line.to_owned()) });
        };
        let words: Vec<&str> = command.split_whitespace().collect();
        let number = |text: &str, most: usize| match text.parse() {
            Ok(n) if (1..=most).contains(&n) => Ok(n),
            _ => Err(format!("`{text}` is no number from 1 to {most}")),
        };
        match words[..] {
            ["help"] => Ok(Self::Help),
            ["pin", reply] => Ok(Self::Pin(number(reply, MAX_LATENTS)?)),
            ["unpin"] => Ok(Self::Unpin),
            ["between", from, to] => Self::between(number(from, MAX_LATENTS)?, number(to, MAX_LATENTS)?, 5),
            ["between", from, to, steps] => {
                Self::between(number(from, MAX_LATENTS)?, number(to, MAX_LATENTS)?, number(steps, 100)?)
            }
            ["more"] => Ok(Self::More),
            ["samples", n] => Ok(Self::Samples(number(n, MAX_LATENTS)?)),
            ["quit"] => Ok(Self::Quit),
            _ => Err(format!("`{line}` is no command; /help lists them")),
        }
    }

    fn between(from: usize, to: usize, steps: usize) -> Result<Self, String> {
        if steps < 2 { Err("a walk has at least 2 steps".to_owned()) } else { Ok(Self::Between { from, to, steps }) }
    }
}
