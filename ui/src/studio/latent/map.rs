//! What is on the map, and what is being done with it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use repartee_wire::engine::{
    Arrange, Decode, EngineError, EngineErrorCode, GenerateEvent, Latent, LatentMap, MapEvent, Point, PointKind, Reply,
    Strategy, Toward,
};

use crate::{engine::Running, studio::state::Studio};

/// Neighbours that t-SNE keeps near, if there are enough points.
const PERPLEXITY: f64 = 30.0;

const N_POSTERIOR: usize = 50;

/// Replies on a line between two draws, ends included.
const N_BETWEEN: usize = 7;

/// What dragging does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Move,
    Line,
    Lasso,
}

/// What is chosen on the map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    #[default]
    Nothing,
    /// One draw.
    Draw(usize),
    /// The way from one to another.
    Line(usize, usize),
    /// All within the lasso.
    Within(Vec<usize>),
}

/// How the plane is looked at: `scale` 1 shows all points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) scale: f64,
    /// In pixels of the page.
    pub(crate) offset: [f64; 2],
}

const WHOLE: View = View { scale: 1.0, offset: [0.0, 0.0] };

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct Map {
    studio: Studio,
    pub(crate) model: RwSignal<String>,
    pub(crate) utterance: RwSignal<String>,
    pub(crate) response: RwSignal<String>,
    pub(crate) n_prior: RwSignal<usize>,
    pub(crate) seed: RwSignal<u64>,
    pub(crate) points: RwSignal<Vec<Point>>,
    pub(crate) places: RwSignal<Vec<[f64; 2]>>,
    /// Replies of prior draws, as far as they are known.
    pub(crate) replies: RwSignal<BTreeMap<usize, String>>,
    pub(crate) correlation: RwSignal<Option<f64>>,
    pub(crate) failure: RwSignal<Option<EngineError>>,
    pub(crate) is_busy: RwSignal<bool>,
    pub(crate) is_moving: RwSignal<bool>,
    /// Steps of t-SNE, made and in all.
    pub(crate) step: RwSignal<Option<(usize, usize)>>,
    pub(crate) tool: RwSignal<Tool>,
    pub(crate) view: RwSignal<View>,
    pub(crate) hovered: RwSignal<Option<usize>>,
    pub(crate) choice: RwSignal<Choice>,
    /// Replies that were decoded for the choice.
    pub(crate) decoded: RwSignal<Vec<Reply>>,
    /// For what the replies on the map were made.
    pub(crate) drawn: RwSignal<(String, String)>,
    is_queued: StoredValue<bool>,
    drawing: StoredValue<Option<Running>, LocalStorage>,
    moving: StoredValue<Option<Running>, LocalStorage>,
    decoding: StoredValue<Option<Running>, LocalStorage>,
}

impl Map {
    pub(crate) fn new() -> Self {
        let map = Self {
            studio: Studio::get(),
            model: RwSignal::new(String::new()),
            utterance: RwSignal::new(String::new()),
            response: RwSignal::new(String::new()),
            n_prior: RwSignal::new(300),
            seed: RwSignal::new(1),
            points: RwSignal::new(Vec::new()),
            places: RwSignal::new(Vec::new()),
            replies: RwSignal::new(BTreeMap::new()),
            correlation: RwSignal::new(None),
            failure: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            is_moving: RwSignal::new(false),
            step: RwSignal::new(None),
            tool: RwSignal::new(Tool::Move),
            view: RwSignal::new(WHOLE),
            hovered: RwSignal::new(None),
            choice: RwSignal::new(Choice::Nothing),
            decoded: RwSignal::new(Vec::new()),
            drawn: RwSignal::new((String::new(), String::new())),
            is_queued: StoredValue::new(false),
            drawing: StoredValue::new_local(None),
            moving: StoredValue::new_local(None),
            decoding: StoredValue::new_local(None),
        };
        Effect::new(move |_| {
            let model = map.model.get();
            if map.studio.failure(&model).is_some() {
                map.is_queued.set_value(false);
                map.is_busy.set(false);
            } else if map.studio.is_open(&model) && map.is_queued.get_value() {
                map.is_queued.set_value(false);
                map.start();
            }
        });
        map
    }

    /// Draws anew; opens the model first where that is needed.
    pub(crate) fn draw(self) {
        self.stop();
        self.failure.set(None);
        self.is_busy.set(true);
        let model = self.model.get_untracked();
        if untrack(|| self.studio.is_open(&model)) {
            self.start();
        } else {
            self.is_queued.set_value(true);
            self.studio.open(&model);
        }
    }

    fn start(self) {
        let (context, response) = (self.utterance.get_untracked(), self.response.get_untracked());
        let (context, response) = (context.trim().to_owned(), response.trim().to_owned());
        self.drawn.set((context.clone(), self.model.get_untracked()));
        let task = LatentMap {
            model: self.model.get_untracked(),
            context,
            response,
            n_prior: self.n_prior.get_untracked(),
            n_posterior: N_POSTERIOR,
            seed: self.seed.get_untracked(),
            with_replies: true,
        };
        let on_event = move |event| match event {
            MapEvent::Points { points, correlation_with_distance } => {
                self.step.set(None);
                self.view.set(WHOLE);
                self.choice.set(Choice::Nothing);
                self.decoded.set(Vec::new());
                self.hovered.set(None);
                self.replies.set(BTreeMap::new());
                self.correlation.set(correlation_with_distance);
                self.places.set(points.iter().map(|point| point.place).collect());
                self.points.set(points);
            }
            MapEvent::Replies { first, texts } => self.replies.update(|replies| replies.extend((first..).zip(texts))),
            MapEvent::Moved { .. } | MapEvent::Done {} => {}
        };
        let on_end = move |how| {
            self.is_busy.set(false);
            self.fail(how);
        };
        self.drawing.set_value(Some(self.studio.engine().run(task, on_event, on_end)));
    }

    fn fail(self, how: Result<(), EngineError>) {
        self.studio.ended(&self.model.get_untracked(), &how);
        if let Err(error) = how
            && error.code != EngineErrorCode::Stopped
        {
            self.failure.set(Some(error));
        }
    }

    /// Stops drawing and hearing replies.
    pub(crate) fn stop(self) {
        self.drawing.set_value(None);
        self.moving.set_value(None);
        self.decoding.set_value(None);
        self.is_queued.set_value(false);
        self.is_busy.set(false);
        self.is_moving.set(false);
    }

    /// Goes on with t-SNE, pauses it, or begins it anew.
    pub(crate) fn arrange(self, restart: bool) {
        if self.is_moving.get_untracked() {
            self.moving.set_value(None);
            self.is_moving.set(false);
            return;
        }
        let n = self.points.with_untracked(Vec::len);
        let perplexity = PERPLEXITY.min(((n.saturating_sub(2)) as f64 / 3.0).floor()).max(1.0);
        let task = Arrange { model: self.model.get_untracked(), perplexity, restart };
        let on_event = move |event| {
            if let MapEvent::Moved { places, step, n_steps } = event {
                self.places.set(places);
                self.step.set(Some((step, n_steps)));
            }
        };
        let on_end = move |how| {
            self.is_moving.set(false);
            self.fail(how);
        };
        self.is_moving.set(true);
        self.moving.set_value(Some(self.studio.engine().run(task, on_event, on_end)));
    }

    /// Shows the principal components again.
    pub(crate) fn to_components(self) {
        self.step.set(None);
        self.places.set(self.points.with_untracked(|points| points.iter().map(|point| point.place).collect()));
        self.fit();
    }

    /// Shows all points.
    pub(crate) fn fit(self) {
        self.view.set(WHOLE);
    }

    /// Nearer or farther, around the middle.
    pub(crate) fn zoom_by(self, factor: f64) {
        self.view.update(|view| {
            let scale = (view.scale * factor).clamp(0.5, 40.0);
            let factor = scale / view.scale;
            *view = View { scale, offset: view.offset.map(|offset| offset * factor) };
        });
    }

    /// Lowest and highest log-probability of the prior draws.
    pub(crate) fn range(self) -> [f64; 2] {
        self.points.with(|points| {
            let prior = points.iter().filter(|point| point.kind == PointKind::Prior);
            prior.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], point| {
                [low.min(point.log_probability), high.max(point.log_probability)]
            })
        })
    }

    /// The latent of a prior draw.
    fn latent(self, number: usize) -> Option<Latent> {
        let z_seed = self.points.with_untracked(|points| points.get(number)?.z_seed)?;
        Some(Latent { z_seed, toward: None })
    }

    /// Decodes from a draw.
    pub(crate) fn choose(self, number: usize) {
        if let Some(latent) = self.latent(number) {
            self.choice.set(Choice::Draw(number));
            self.decode(vec![latent]);
        }
    }

    /// Decodes on the way from one draw to another.
    pub(crate) fn walk(self, from: usize, to: usize) {
        let (Some(start), Some(end)) = (self.latent(from), self.latent(to)) else { return };
        let share = |step: usize| step as f64 / (N_BETWEEN - 1) as f64;
        let between = (0..N_BETWEEN).map(|step| Latent {
            z_seed: start.z_seed,
            toward: Some(Toward { z_seed: end.z_seed, share: share(step) }),
        });
        self.choice.set(Choice::Line(from, to));
        self.decode(between.collect());
    }

    fn decode(self, latents: Vec<Latent>) {
        self.decoded.set(Vec::new());
        let (utterance, model) = self.drawn.get_untracked();
        let length_penalty = untrack(|| self.studio.model(&model)).map_or(1.0, |model| model.length_penalty);
        let strategy = Strategy::Beam { size: 5, length_penalty, n_best: 1 };
        let on_event = move |event| {
            if let GenerateEvent::Reply(reply) = event {
                self.decoded.update(|replies| replies.push(reply));
            }
        };
        let task = Decode { model, utterance, latents, strategy };
        self.decoding.set_value(Some(self.studio.engine().run(task, on_event, move |how| self.fail(how))));
    }
}
