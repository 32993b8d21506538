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
    let place = Memo::new(|_| place::here());
    let is_here = Memo::new(|_| tab::state() == State::Here);
    let is_opening = Memo::new(|_| tab::state() == State::Opening);
    view! {
        <Banner />
        {move || match (place.get(), is_here.get()) {
            // What is typed stays, whoever has the studies.
            (Place::New, _) => view! { <Create /> }.into_any(),
            (Place::List, true) => view! { <list::List /> }.into_any(),
            (Place::Study(id), true) => view! { <StudyPage id /> }.into_any(),
            (_, false) => {
                view! {
                    <h1>{admin::studies}</h1>
                    <Show when=move || is_opening.get()><p role="status">{common::loading}</p></Show>
                }
                    .into_any()
            }
        }}
    }
}
