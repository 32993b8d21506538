//! `repartee study rate`: one context with blinded replies, rated by keyboard. Every key is saved before the screen shows
//! it; whoever stops goes on at the same place.

mod screen;
mod session;

use std::{io::IsTerminal as _, path::PathBuf};

use anyhow::{Context as _, bail};
use console::{Key, Term};
use repartee_study::{Finish, Next, Store};

use super::now_ms;
use session::{Ask, Session};

/// Rate in the terminal, by keyboard alone. Press ? for the keys.
#[derive(Debug, clap::Args)]
pub(super) struct Rate {
    /// The study; it must be frozen
    study: PathBuf,
    /// Your name; under the same name you go on where you stopped
    #[arg(long, value_name = "NAME")]
    rater: String,
}

/// What a page ended with.
enum End {
    Finished,
    /// To this page of the rater's.
    To(String),
    Quit,
}

impl Rate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let terminal = Term::stdout();
        if !terminal.is_term() || !std::io::stdin().is_terminal() {
            bail!("rating needs a terminal; run it in one");
        }
        let mut store = Store::open(&self.study)?;
        let rater = store.join(&self.rater, now_ms())?;
        let mut session = Session::new(store.desk(&rater)?);
        if session.pages()?.is_empty() {
            show_text(&terminal, "Guidelines", &store.design().guidelines)?;
        }
        let mut chosen: Option<String> = None;
        loop {
            let page = match chosen.take() {
                Some(page) => page,
                None => match store.take(&rater, now_ms())? {
                    Next::Page(page) => page,
                    Next::Done => return farewell(&terminal, "Everything is rated. Thank you."),
                    Next::Wait { .. } => {
                        let text = "Nothing is free at the moment: other raters have the rest. Come back later.";
                        return farewell(&terminal, text);
                    }
                },
            };
            session.open(&page)?;
            match rate_page(&terminal, &store, &mut session)? {
                End::Finished => {}
                End::To(page) => chosen = Some(page),
                End::Quit => return farewell(&terminal, "Everything is saved. The same command goes on from here."),
            }
        }
    }
}

fn farewell(terminal: &Term, text: &str) -> anyhow::Result<()> {
    terminal.clear_screen().context("cannot write to the terminal")?;
    terminal.write_line(text).context("cannot write to the terminal")
}

fn rate_page(terminal: &Term, store: &Store, session: &mut Session) -> anyhow::Result<End> {
    loop {
        screen::draw(terminal, session)?;
        let key = terminal.read_key().context("cannot read the keyboard")?;
        match session.press(key)? {
            Ask::Nothing => {}
            Ask::Help => show_text(terminal, "Keys", screen::KEYS)?,
            Ask::Guidelines => show_text(terminal, "Guidelines", &store.design().guidelines)?,
            Ask::Reason => {
                terminal.write_str("  Why can this not be judged? ").context("cannot write to the terminal")?;
                let reason = terminal.read_line().context("cannot read the keyboard")?;
                session.skip(reason.trim())?;
            }
            Ask::Finish => match session.finish()? {
                Finish::Done => {
                    let feedback = session.feedback()?;
                    if !feedback.is_empty() {
                        show_text(terminal, "This was practice. A careful rater says:", &feedback)?;
                    }
                    return Ok(End::Finished);
                }
                Finish::Missing(missing) => session.point_at(&missing),
            },
            Ask::PreviousPage => {
                if let Some(page) = session.neighbour(-1)? {
                    return Ok(End::To(page));
                }
            }
            Ask::NextPage => match session.neighbour(1)? {
                Some(page) => return Ok(End::To(page)),
                None => session.say("this is the last page you have opened; finish it with Enter"),
            },
            Ask::Quit => return Ok(End::Quit),
        }
    }
}

fn show_text(terminal: &Term, title: &str, text: &str) -> anyhow::Result<()> {
    terminal.clear_screen().context("cannot write to the terminal")?;
    terminal.write_line(&format!("{}\n\n{text}\n\nPress any key.", console::style(title).bold()))?;
    // Ctrl-C arrives as a key or as an interruption; both leave the text.
    match terminal.read_key() {
        Ok(Key::CtrlC) => bail!("stopped; everything is saved"),
        Ok(_) => Ok(()),
        Err(error) => Err(error).context("cannot read the keyboard"),
    }
}
