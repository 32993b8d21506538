//! The files of a new study: dropped or chosen, and what each holds.

use leptos::{ev, html, prelude::*, task::spawn_local};
use repartee_wire::admin::{Holds, Upload};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::words::{Words, create as w};

/// What a file can hold, as the form has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    System,
    Named,
    Sheet,
    Training,
    Gold,
}

impl Kind {
    const ALL: [(Self, &'static str, Words); 5] = [
        (Self::System, "system", w::holds_system),
        (Self::Named, "named", w::holds_named),
        (Self::Sheet, "sheet", w::holds_sheet),
        (Self::Training, "training", w::holds_training),
        (Self::Gold, "gold", w::holds_gold),
    ];

    fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|(_, known, _)| *known == code).map_or(Self::System, |(kind, ..)| kind)
    }

    fn has_system(self) -> bool {
        matches!(self, Self::System | Self::Sheet)
    }

    /// A guess from name and first line.
    fn guess(name: &str, text: &str) -> Self {
        let name = name.to_lowercase();
        let head = text.lines().next().unwrap_or_default().to_lowercase();
        let names_system = ["system", "model"]
            .iter()
            .any(|word| head.split(['"', ',', ' ', '{', ':', '\t']).any(|cell| cell == *word));
        let is_sheet = head.starts_with("id,") && head.contains("sensibleness") && !names_system;
        match () {
            () if name.contains("train") || name.contains("practice") => Self::Training,
            () if name.contains("gold") => Self::Gold,
            () if is_sheet => Self::Sheet,
            () if names_system => Self::Named,
            () => Self::System,
        }
    }
}

/// A file in the form.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    number: usize,
    pub(crate) name: String,
    text: String,
    pub(crate) kind: RwSignal<Kind>,
    pub(crate) system: RwSignal<String>,
}

impl Chosen {
    /// For the server.
    pub(crate) fn upload(&self) -> Upload {
        let system = self.system.get_untracked().trim().to_owned();
        let holds = match self.kind.get_untracked() {
            Kind::System => Holds::Replies { system: Some(system), nth: 0 },
            Kind::Named => Holds::Replies { system: None, nth: 0 },
            Kind::Sheet => Holds::Sheet { system },
            Kind::Training => Holds::Training,
            Kind::Gold => Holds::Gold,
        };
        Upload { name: self.name.clone(), text: self.text.clone(), holds }
    }

    /// Lines, the header of CSV left out: about how many items there are.
    pub(crate) fn n_lines(&self) -> usize {
        let lines = self.text.lines().filter(|line| !line.trim().is_empty()).count();
        if self.name.to_lowercase().ends_with(".csv") { lines.saturating_sub(1) } else { lines }
    }

    /// Systems that the file has, if its rows name them: from the column's own name on.
    fn systems(&self) -> Vec<String> {
        match self.kind.get() {
            Kind::System | Kind::Sheet => vec![self.system.get().trim().to_owned()],
            Kind::Named => named_systems(&self.text),
            Kind::Training | Kind::Gold => Vec::new(),
        }
    }
}

/// The systems that rows name; only what is plain to see, the server reads properly.
fn named_systems(text: &str) -> Vec<String> {
    let mut systems = Vec::new();
    let mut add = |name: &str| {
        let name = name.trim().trim_matches('"').to_owned();
        if !name.is_empty() && !systems.contains(&name) {
            systems.push(name);
        }
    };
    let head = text.lines().next().unwrap_or_default();
    if head.trim_start().starts_with('{') {
        for line in text.lines() {
            let value = serde_json::from_str::<serde_json::Value>(line).unwrap_or_default();
            if let Some(name) = ["system", "model"].iter().find_map(|key| value.get(key)?.as_str().map(str::to_owned)) {
                add(&name);
            }
        }
    } else {
        let is_system =
            |cell: &str| ["system", "model"].contains(&cell.trim().trim_matches('"').to_lowercase().as_str());
        let from_start = head.split(',').position(is_system);
        for line in text.lines().skip(1) {
            // A comma inside of quotes stands before the column in some rows; those are not looked at.
            if let Some(cell) = from_start.filter(|_| !line.contains('"')).and_then(|at| line.split(',').nth(at)) {
                add(cell);
            }
        }
    }
    systems
}

/// All systems of the files, in order.
pub(crate) fn systems(files: &[Chosen]) -> Vec<String> {
    let mut all = Vec::new();
    for system in files.iter().flat_map(Chosen::systems).filter(|system| !system.is_empty()) {
        if !all.contains(&system) {
            all.push(system);
        }
    }
    all
}

/// About how many items the files have.
pub(crate) fn n_items(files: &[Chosen]) -> usize {
    let of = |file: &Chosen| match file.kind.get() {
        Kind::System | Kind::Sheet => file.n_lines(),
        Kind::Named => file.n_lines() / named_systems(&file.text).len().max(1),
        Kind::Training | Kind::Gold => 0,
    };
    files.iter().map(of).max().unwrap_or(0)
}

/// Where files are dropped or chosen, and the list of them.
#[component]
pub(crate) fn Files(
    /// The files
    files: RwSignal<Vec<Chosen>>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let is_over = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let pinned = crate::studio::pinned_replies();
    let take = move |list: Option<web_sys::FileList>| {
        let Some(list) = list else { return };
        let all: Vec<web_sys::File> = (0..list.length()).filter_map(|index| list.item(index)).collect();
        spawn_local(async move {
            for file in all {
                match read(&file).await {
                    Some(text) => files.update(|files| add(files, file.name(), text)),
                    None => problem.set(Some(w::unreadable(file.name()))),
                }
            }
        });
    };
    let drop = move |event: ev::DragEvent| {
        event.prevent_default();
        is_over.set(false);
        take(event.data_transfer().and_then(|data| data.files()));
    };
    let over = move |event: ev::DragEvent| {
        event.prevent_default();
        is_over.set(true);
    };
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            take(input.files());
            input.set_value("");
        }
    };
    view! {
        <p>{w::files_text}</p>
        <div
            class="drop"
            class:over=is_over
            on:drop=drop
            on:dragover=over
            on:dragleave=move |_| is_over.set(false)
        >
            <p><b>{w::drop_here}</b></p>
            <label for="files">{w::choose}</label>
            <input
                id="files"
                type="file"
                multiple
                accept=".csv,.jsonl,.tsv,.json,.txt"
                node_ref=input
                on:change=choose
            />
        </div>
        {move || problem.get().map(|text| view! { <p role="alert" class="error">{text}</p> })}
        {pinned.map(|(n, text)| {
            let add = move |_| files.update(|files| add(files, "pinned.jsonl".to_owned(), text.clone()));
            view! { <p><button type="button" id="add-pinned" on:click=add>{move || w::add_pinned(n)}</button></p> }
        })}
        <ul class="plain files">
            <For each=move || files.get() key=|file| file.number let(file)>
                <FileLine file files />
            </For>
        </ul>
    }
}

fn add(files: &mut Vec<Chosen>, name: String, text: String) {
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem).to_owned();
    let kind = RwSignal::new(Kind::guess(&name, &text));
    let number = files.last().map_or(0, |file| file.number + 1);
    files.push(Chosen { number, name, text, kind, system: RwSignal::new(stem) });
}

/// A file's text; nothing if it is not UTF-8.
async fn read(file: &web_sys::File) -> Option<String> {
    let buffer: JsValue = JsFuture::from(file.unchecked_ref::<web_sys::Blob>().array_buffer()).await.ok()?;
    let text = String::from_utf8(js_sys::Uint8Array::new(&buffer).to_vec()).ok()?;
    Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[component]
fn FileLine(file: Chosen, files: RwSignal<Vec<Chosen>>) -> impl IntoView {
    let Chosen { number, name, kind, system, .. } = file.clone();
    let n_lines = file.n_lines();
    let option = move |(choice, code, words): (Kind, &'static str, Words)| {
        view! { <option value=code prop:selected=move || kind.get() == choice>{words}</option> }
    };
    let remove = move |_| files.update(|files| files.retain(|file| file.number != number));
    let label = name.clone();
    view! {
        <li class="file">
            <p><b>{name}</b>" "<span class="hint">{move || w::lines(n_lines)}</span></p>
            <div class="field">
                <label for=format!("kind-{number}")>{w::holds}</label>
                <select
                    id=format!("kind-{number}")
                    on:change=move |event| kind.set(Kind::from_code(&event_target_value(&event)))
                >
                    {Kind::ALL.map(option).collect_view()}
                </select>
            </div>
            <div class="field">
                <Show when=move || kind.get().has_system()>
                    <label for=format!("system-{number}")>{w::system_name}</label>
                    <input id=format!("system-{number}") type="text" bind:value=system />
                </Show>
            </div>
            <button type="button" class="ghost" aria-label=move || w::remove_file(label.clone()) on:click=remove>
                {w::remove}
            </button>
        </li>
    }
}
