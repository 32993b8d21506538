//! One interface to an engine, wherever it runs: in a worker of the tab, in the desktop app, on a server.
//!
//! A [`Call`] has one answer, a [`Task`] has events until it ends or is stopped. Both cross each transport as JSON: a call's
//! or task's fields with its name as `call` or `task`. Which answer or events belong to which is told by [`Ask`] and
//! [`Run`], so that neither side can mix them up. Every refusal is an [`EngineError`].
//!
//! Names and numbers mean what they mean in the program: strategies, latents and replies have the JSON that
//! `repartee generate` writes.

mod card;
mod error;
mod generate;
mod latent_map;
mod models;
mod train;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use card::{card_licence, card_name, plain_name};
pub use error::{EngineError, EngineErrorCode};
pub use generate::{Generate, GenerateEvent, Latent, Presentation, Reply, Strategy, Toward};
pub use latent_map::{Arrange, Decode, LatentMap, MapEvent, Point, PointKind};
pub use models::{
    About, AboutEngine, Adapter, CloseModel, Device, Home, Model, ModelFile, Models, OpenEvent, OpenModel, OpenedModel,
    RemoveModel,
};
pub use train::{
    Configuration, Configurations, Corpora, CorpusFolder, Metrics, MetricsKind, MetricsLine, MetricsPage, PlanRun,
    ResumeRun, RunEvent, RunPlan, RunState, RunStatus, Runs, Sample, StartRun, StopRun, TrainRequest, WatchRun,
};

/// Nothing to say but that it was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// A call with its answer.
pub trait Ask: Into<Call> {
    /// What comes back.
    type Answer: Serialize + DeserializeOwned + 'static;
}

/// A task with its events.
pub trait Run: Into<Task> {
    /// What is told while it runs.
    type Event: Serialize + DeserializeOwned + 'static;
}

/// Writes the enum of calls or tasks, and which answer or events each has.
macro_rules! with_replies {
    ($(#[$doc:meta])* $Enum:ident, $tag:literal, $Trait:ident :: $Reply:ident, $($Name:ident -> $Type:ty),* $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = $tag, rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "each variant is documented by its struct")]
        pub enum $Enum {
            $($Name($Name)),*
        }

        $(
            impl $Trait for $Name {
                type $Reply = $Type;
            }

            impl From<$Name> for $Enum {
                fn from(value: $Name) -> Self {
                    Self::$Name(value)
                }
            }
        )*
    };
}

with_replies! {
    /// A question with one answer, or something to be done at once.
    Call, "call", Ask::Answer,
    AboutEngine -> About,
    Models -> Vec<Model>,
    CloseModel -> Done,
    RemoveModel -> Done,
    // Desktop app and server alone; see [`About::trains`].
    Corpora -> Vec<CorpusFolder>,
    Configurations -> Vec<Configuration>,
    PlanRun -> RunPlan,
    StartRun -> RunStatus,
    ResumeRun -> RunStatus,
    StopRun -> RunStatus,
    Runs -> Vec<RunStatus>,
    Metrics -> MetricsPage,
}

with_replies! {
    /// Something that takes a while and tells of itself. Ends with its last event, or when it is stopped.
    Task, "task", Run::Event,
    OpenModel -> OpenEvent,
    Generate -> GenerateEvent,
    LatentMap -> MapEvent,
    Arrange -> MapEvent,
    Decode -> GenerateEvent,
    WatchRun -> RunEvent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_tasks_cross_as_json_with_their_names() {
        let call = Call::from(Models {});
        let text = serde_json::to_string(&call).expect("plain data");
        assert_eq!(text, r#"{"call":"models"}"#);
        assert_eq!(serde_json::from_str::<Call>(&text).expect("what was written"), call);

        let task = Task::from(Generate {
            model: "en-k5".to_owned(),
            utterance: "Hello.".to_owned(),
            n_samples: 2,
            latents: vec![Latent { z_seed: 3, toward: Some(Toward { z_seed: 4, share: 0.5 }) }],
            seed: 1,
            strategy: Strategy::Beam { size: 5, length_penalty: 1.2, n_best: 1 },
            max_length: 40,
            presentation: Presentation::EachLatent,
        });
        let text = serde_json::to_string(&task).expect("plain data");
        assert!(text.starts_with(r#"{"task":"generate","model":"en-k5""#), "{text}");
        assert!(text.contains(r#""strategy":{"kind":"beam","size":5,"length_penalty":1.2,"n_best":1}"#), "{text}");
        assert_eq!(serde_json::from_str::<Task>(&text).expect("what was written"), task);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let task = r#"{"task":"latent-map","model":"m","context":"x","response":"y","seed":0}"#;
        let Ok(Task::LatentMap(map)) = serde_json::from_str::<Task>(task) else { panic!("{task} is a map") };
        assert_eq!((map.n_prior, map.n_posterior, map.with_replies), (300, 50, false));
    }
}
