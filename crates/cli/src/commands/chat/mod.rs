//! `repartee chat`.

mod command;
mod display;

use std::{
    io::BufRead as _,
    ops::ControlFlow,
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::Context as _;
use repartee_engine::{
    EngineError, GenerateError, GenerateOptions, Latent, LoadedRun, MAX_UTTERANCE_TOKENS, Presentation, Reply,
    ReplyRequest,
};

use super::{generate::Record, print_json};
use crate::{
    context::{Global, INTERRUPTED},
    decoding::{Decoding, Resolved},
};
use command::{Command, HELP};
use display::Display;

/// Talk to a trained model
///
/// Type an utterance, see the replies of several latents as they grow, keep a latent for other utterances, walk from one
/// reply's latent to another's. /help lists the commands. Ctrl-C stops the replies, Ctrl-D ends.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  repartee chat --run runs/first --samples 8 --top-p 0.9")]
pub(crate) struct ChatCommand {
    /// The run folder
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Latents to draw for each utterance
    #[arg(long, default_value_t = 6, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    #[command(flatten)]
    decoding: Decoding,
}

impl ChatCommand {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let device = global.open_device()?;
        let run = LoadedRun::open(&self.run, &device)?;
        let Resolved { strategy, controls, max_length } = self.decoding.resolve(run.decoding())?;
        let n_samples = usize::from(self.samples);
        let options = GenerateOptions { strategy, controls, n_samples, max_length, seed: global.seed() };
        let request = ReplyRequest { options, latents: None, presentation: Presentation::Ranked };
        talk(global, Chat::new(run, request))
    }
}

/// A conversation.
pub(super) struct Chat {
    run: LoadedRun,
    request: ReplyRequest,
    /// A latent that answers every utterance.
    pinned: Option<Latent>,
    /// The last utterance with its replies.
    last: Option<(String, Vec<Reply>)>,
}

/// Set while replies are made, when Ctrl-C stops them and not the program.
static BUSY: AtomicBool = AtomicBool::new(false);
/// Set by Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Reads utterances and commands to the end of input.
pub(super) fn talk(global: &Global, mut chat: Chat) -> anyhow::Result<ExitCode> {
    let on_ctrl_c = || {
        if !BUSY.load(Ordering::Relaxed) || STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    };
    ctrlc::set_handler(on_ctrl_c).context("cannot listen for Ctrl-C")?;
    global.note("type an utterance and press Enter; /help lists commands, Ctrl-C stops the replies, Ctrl-D ends");
    loop {
        if !global.quiet {
            eprint!("{}> ", chat.pinned.map_or_else(String::new, |latent| format!("[z {latent}] ")));
        }
        let mut line = Vec::new();
        std::io::stdin().lock().read_until(b'\n', &mut line).context("cannot read the keyboard")?;
        if line.is_empty() {
            global.note("");
            return Ok(ExitCode::SUCCESS);
        }
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        match Command::parse(&line) {
            Ok(Command::Quit) => return Ok(ExitCode::SUCCESS),
            Ok(command) => match chat.obey(global, command) {
                Err(error) if error.downcast_ref::<std::io::Error>().is_some() => return Err(error),
                Err(error) => eprintln!("  {error:#}"),
                Ok(()) => {}
            },
            Err(message) => eprintln!("  {message}"),
        }
    }
}

impl Chat {
    /// A new conversation.
    pub(super) fn new(run: LoadedRun, request: ReplyRequest) -> Self {
        Self { run, request, pinned: None, last: None }
    }

    fn obey(&mut self, global: &Global, command: Command) -> anyhow::Result<()> {
        match command {
            Command::Nothing | Command::Quit => Ok(()),
            Command::Help => {
                eprintln!("{HELP}");
                Ok(())
            }
            Command::Say(utterance) => {
                let request = match self.pinned {
                    Some(latent) => of_latents(&self.request, vec![latent]),
                    None => self.request.clone(),
                };
                self.answer(global, utterance, &request)
            }
            Command::Pin(number) => {
                self.pinned = Some(self.reply(number)?.latent);
                Ok(())
            }
            Command::Unpin => {
                self.pinned = None;
                Ok(())
            }
            Command::Between { from, to, steps } => {
                let (from, to) = (self.seed(from)?, self.seed(to)?);
                let share = |step: usize| step as f64 / (steps - 1) as f64;
                let latents = (0..steps).map(|step| Latent::new(from).toward(Latent::new(to), share(step))).collect();
                let utterance = self.last_utterance()?;
                self.answer(global, utterance, &of_latents(&self.request, latents))
            }
            Command::More => {
                let utterance = self.last_utterance()?;
                // Another seed names other latents.
                self.request.options.seed = self.request.options.seed.wrapping_add(1);
                let request = self.request.clone();
                self.answer(global, utterance, &request)
            }
            Command::Samples(n_samples) => {
                self.request.options.n_samples = n_samples;
                Ok(())
            }
        }
    }

    fn last_utterance(&self) -> anyhow::Result<String> {
        let (utterance, _) = self.last.as_ref().context("say something first")?;
        Ok(utterance.clone())
    }

    fn reply(&self, number: usize) -> anyhow::Result<&Reply> {
        let (_, replies) = self.last.as_ref().context("say something first")?;
        let reply = number.checked_sub(1).and_then(|idx| replies.get(idx));
        reply.with_context(|| format!("there is no reply {number}; there are {}", replies.len()))
    }

    fn seed(&self, number: usize) -> anyhow::Result<u64> {
        let latent = self.reply(number)?.latent;
        match latent.toward {
            None => Ok(latent.z_seed),
            Some(_) => anyhow::bail!("reply {number} lies between two latents itself; choose one that does not"),
        }
    }

    fn answer(&mut self, global: &Global, utterance: String, request: &ReplyRequest) -> anyhow::Result<()> {
        let mut display = Display::new(global, request.options.n_samples);
        STOP.store(false, Ordering::Relaxed);
        BUSY.store(true, Ordering::Relaxed);
        let replies = self.run.reply(std::slice::from_ref(&utterance), request, &mut |partials| {
            display.show(partials);
            if STOP.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        BUSY.store(false, Ordering::Relaxed);
        display.clear();
        let replies = match replies {
            Err(EngineError::Generate(GenerateError::Stopped)) => {
                eprintln!("  stopped");
                return Ok(());
            }
            Err(EngineError::Generate(GenerateError::EmptyUtterance { .. })) => {
                anyhow::bail!("nothing is left of that after normalisation; type some text")
            }
            replies => replies?.remove(0),
        };
        if global.json {
            print_json(&Record::new(utterance.clone(), replies.clone(), &self.run, request)?)?;
        } else {
            if self.run.is_cut(&utterance)? {
                eprintln!("  only the first {MAX_UTTERANCE_TOKENS} tokens of that were read");
            }
            display::print(&replies)?;
        }
        self.last = Some((utterance, replies));
        Ok(())
    }
}

/// The replies of these latents, each in its place.
fn of_latents(request: &ReplyRequest, latents: Vec<Latent>) -> ReplyRequest {
    let options = GenerateOptions { n_samples: latents.len(), ..request.options.clone() };
    ReplyRequest { options, latents: Some(latents), presentation: Presentation::EachLatent }
}
