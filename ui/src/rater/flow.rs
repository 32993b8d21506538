//! What the rater's side asks the server, and what it shows for each answer.

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::{
    ApiError, Criterion, ErrorCode, Method,
    rater::{Finished, Next, OpenSession, Page, Pages, Study},
};

use super::{
    SCOPE,
    desk::{Desk, Stage},
    queue::{Trouble, pause},
};
use crate::{
    api::{self, Failure},
    locale, route, storage,
    words::{rater as w, tab},
};

/// Pause before a request is repeated.
const RETRY_MS: i32 = 3_000;

impl Desk {
    /// Opens a session by the token of a personal link, which leaves the address at once.
    pub(crate) fn open(self, token: String) {
        route::replace("/rate");
        self.stage.set(Stage::Opening);
        spawn_local(async move {
            let body = OpenSession { token };
            loop {
                match api::post::<Study>("/api/rater/session", &body).await {
                    Ok(study) => return self.begin(study).await,
                    Err(Failure::Later) => self.stage.set(Stage::OutOfReach),
                    Err(failure) if failure.is_unauthorized() => return self.stage.set(Stage::BadLink),
                    Err(Failure::Refused(ApiError { code: ErrorCode::NotFrozen, .. })) => self.stage.set(Stage::NotYet),
                    Err(failure) => {
                        self.warn(failure.shown());
                        self.stage.set(Stage::OutOfReach);
                    }
                }
                pause(RETRY_MS).await;
            }
        });
    }

    /// Goes on with the session of this browser.
    pub(crate) fn resume(self) {
        self.stage.set(Stage::Opening);
        spawn_local(async move {
            loop {
                match api::get::<Study>("/api/rater/study").await {
                    Ok(study) => return self.begin(study).await,
                    Err(Failure::Refused(error)) if Failure::Refused(error.clone()).is_unauthorized() => {
                        return self.stage.set(Stage::NoSession);
                    }
                    Err(_) if self.resume_without_server() => return,
                    Err(_) => self.stage.set(Stage::OutOfReach),
                }
                pause(RETRY_MS).await;
            }
        });
    }

    /// Shows what this browser kept, so that rating goes on without the server.
    fn resume_without_server(self) -> bool {
        let Some(scope) = storage::get(SCOPE) else { return false };
        let study = storage::read::<Study>(&format!("repartee.study.{scope}"));
        let page = storage::read::<Option<Page>>(&format!("repartee.page.{scope}")).flatten();
        let Some((study, page)) = study.zip(page) else { return false };
        locale::suggest(&study.interface_language);
        self.progress.set(study.progress);
        self.study.set(Some(study));
        self.queue.open(&scope);
        self.queue.is_offline.set(true);
        self.show(page);
        true
    }

    async fn begin(self, study: Study) {
        let scope = scope(&study);
        storage::set(SCOPE, &scope);
        storage::write(&format!("repartee.study.{scope}"), &study);
        locale::suggest(&study.interface_language);
        self.progress.set(study.progress);
        self.queue.open(&scope);
        let is_new = study.progress.n_begun == 0;
        self.study.set(Some(study));
        if is_new {
            self.stage.set(Stage::Guidelines);
        } else {
            self.take().await;
        }
    }

    /// Takes the next page.
    pub(crate) fn next(self) {
        spawn_local(self.take());
    }

    /// From the guidelines to the page at hand, or to the first.
    pub(crate) fn leave_guidelines(self) {
        if self.page.with_untracked(Option::is_some) {
            self.stage.set(Stage::Work);
            self.go_to_unrated();
        } else {
            self.next();
        }
    }

    async fn take(self) {
        loop {
            match api::get::<Next>("/api/rater/next").await {
                Ok(Next::Page { page, progress }) => {
                    self.progress.set(progress);
                    return self.show(page);
                }
                Ok(Next::Wait { wait_ms, .. }) => {
                    self.stage.set(Stage::Waiting);
                    pause(wait_ms.clamp(2_000, 30_000) as i32).await;
                    if self.stage.get_untracked() != Stage::Waiting {
                        return;
                    }
                }
                Ok(Next::Done { progress }) => {
                    self.progress.set(progress);
                    return self.stage.set(Stage::Done);
                }
                Err(failure) if failure.is_unauthorized() => return self.stage.set(Stage::NoSession),
                Err(failure) => {
                    if failure != Failure::Later {
                        self.warn(failure.shown());
                    }
                    self.stage.set(Stage::OutOfReach);
                    pause(RETRY_MS).await;
                }
            }
        }
    }

    /// Goes to one of the rater's pages.
    pub(crate) fn go_to_page(self, page: String) {
        spawn_local(async move {
            match api::get::<Page>(&format!("/api/rater/page/{page}")).await {
                Ok(page) => self.show(page),
                Err(failure) => self.warn(failure.shown()),
            }
        });
    }

    /// Goes to the page before or after this one.
    pub(crate) fn go_to_neighbour(self, step: isize) {
        let Some(here) = self.page.with_untracked(|page| page.as_ref().map(|page| page.id.clone())) else { return };
        spawn_local(async move {
            match api::get::<Pages>("/api/rater/pages").await {
                Ok(Pages { pages, .. }) => {
                    let place = pages.iter().position(|page| page.id == here);
                    let target = place.and_then(|place| pages.get(place.checked_add_signed(step)?));
                    match target {
                        Some(target) => self.go_to_page(target.id.clone()),
                        None if step < 0 => self.say(w::first_page()),
                        None => self.finish(),
                    }
                }
                Err(failure) => self.warn(failure.shown()),
            }
        });
    }

    /// A step back: to the first criterion, the reply before, or the page before.
    pub(crate) fn back(self) {
        match (self.criterion.get_untracked(), self.card_idx.get_untracked()) {
            (Criterion::Specificity, here) => self.place(here, Criterion::Sensibleness),
            (Criterion::Sensibleness, 0) => self.go_to_neighbour(-1),
            (Criterion::Sensibleness, here) => self.go_to(here - 1),
        }
    }

    /// Finishes the page, or goes to what is missing.
    pub(crate) fn finish(self) {
        let n_missing = untrack(|| self.unrated()).len();
        if n_missing == 0 {
            self.is_leaving.set(true);
            return;
        }
        self.go_to_unrated();
        self.warn(w::missing(n_missing));
    }

    /// As soon as all is saved: finish for good. Runs whenever the queue changes.
    pub(crate) fn watch(self) {
        Effect::new(move |_| {
            if self.is_leaving.get() && self.queue.len() == 0 {
                spawn_local(self.close());
            } else if self.is_leaving.get() && self.queue.is_offline.get() {
                self.say(waits());
            }
        });
        Effect::new(move |_| match self.queue.trouble.get() {
            None => {}
            Some(Trouble::NoSession) => self.stage.set(Stage::NoSession),
            Some(Trouble::Refused(reason)) => {
                self.queue.trouble.set(None);
                self.warn(if api::tab::is_home() { tab::refused(reason) } else { w::refused(reason) });
            }
            Some(Trouble::HandedOn(page)) => {
                self.queue.trouble.set(None);
                let is_here = self.page.with_untracked(|here| here.as_ref().is_some_and(|here| here.id == page));
                if is_here {
                    spawn_local(async move {
                        self.take().await;
                        self.warn(w::handed_on());
                    });
                }
            }
        });
    }

    async fn close(self) {
        let Some(page) = self.page.with_untracked(|page| page.as_ref().map(|page| page.id.clone())) else { return };
        loop {
            match api::post_empty::<Finished>(&format!("/api/rater/finish/{page}")).await {
                Ok(Finished::Done { feedback, progress }) => {
                    self.is_leaving.set(false);
                    self.queue.is_offline.set(false);
                    self.progress.set(progress);
                    if feedback.is_empty() {
                        return self.take().await;
                    }
                    return self.stage.set(Stage::Feedback(feedback));
                }
                Ok(Finished::Missing { .. }) => return self.go_to_page(page),
                Err(Failure::Later) => {
                    self.queue.is_offline.set(true);
                    self.say(waits());
                    pause(RETRY_MS).await;
                    if !self.is_leaving.get_untracked() {
                        return;
                    }
                }
                Err(failure) if failure.is_unauthorized() => return self.stage.set(Stage::NoSession),
                Err(failure) => {
                    self.is_leaving.set(false);
                    return self.warn(failure.shown());
                }
            }
        }
    }

    /// Ends the session on this device and forgets what was kept, but for what waits to be sent.
    pub(crate) fn leave(self) {
        spawn_local(async move {
            if let Err(failure) = api::command(Method::Delete, "/api/rater/session").await {
                return self.warn(failure.shown());
            }
            if let Some(scope) = storage::get(SCOPE) {
                storage::remove(&format!("repartee.study.{scope}"));
                storage::remove(&format!("repartee.page.{scope}"));
            }
            storage::remove(SCOPE);
            api::tab::stand_up();
            self.stage.set(Stage::Left);
        });
    }
}

/// Why the next page does not come.
fn waits() -> &'static str {
    if api::tab::is_home() { tab::waits() } else { w::waits_for_server() }
}

/// Tells raters of one browser apart: a hash of study and rater.
fn scope(study: &Study) -> String {
    // Studies in a tab may share a name; who rates there chose one.
    let chosen = api::tab::seat().map(|seat| seat.study).unwrap_or_default();
    let text = format!("{}\n{}{chosen}", study.name, study.rater);
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}
