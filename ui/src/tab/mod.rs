//! Studies in this tab: the list, what can be done with one, and who has them if this tab does not.

mod banner;
mod list;
mod rate;

use leptos::prelude::*;

use crate::{
    admin::{
        Create, StudyPage,
        place::{self, Place},
    },
    api::tab::{self, State},
    words::{admin, common},
};

pub(crate) use banner::Banner;
pub(crate) use rate::RateButton;

/// The pages of studies.
#[component]
pub(crate) fn Studies() -> impl IntoView {
    let is_opening = Memo::new(|_| tab::state() == State::Opening);
    // What is typed into the form of a new study stays, whoever has the studies.
    let shown = Memo::new(|_| match place::here() {
        Place::New => Some(Place::New),
        place => (tab::state() == State::Here).then_some(place),
    });
    view! {
        <Banner />
        {move || match shown.get() {
            Some(Place::New) => view! { <Create /> }.into_any(),
            Some(Place::List) => view! { <list::List /> }.into_any(),
            Some(Place::Study(id)) => view! { <StudyPage id /> }.into_any(),
            None => {
                view! {
                    <h1>{admin::studies}</h1>
                    <Show when=move || is_opening.get()><p role="status">{common::loading}</p></Show>
                }
                    .into_any()
            }
        }}
    }
}
