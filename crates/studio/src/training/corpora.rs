//! The corpora of the project. A project without any gets the embedded ones, so that one can train at once.

use std::{
    path::Path,
    sync::Mutex,
    thread::{self, JoinHandle},
};

use repartee_engine::{
    EngineError as Fault,
    corpus::{Corpus, Language, Split},
    embedded_corpus,
};
use repartee_wire::engine::{CorpusFolder, EngineError, EngineErrorCode};

use super::Training;
use crate::{
    fault::{self, invalid},
    lock,
    project::{Project, folders},
};

/// The embedded corpora on their way.
pub(crate) struct Embedded(Mutex<Option<JoinHandle<Result<(), Fault>>>>);

impl Embedded {
    /// Writes them beside everything else, which takes seconds.
    pub(crate) fn write_where_there_is_none(project: &Project) -> Self {
        let folder = project.corpora().to_owned();
        let is_theirs = |name: &str| Language::ALL.iter().any(|&language| name == folder_name(language));
        let has_others = folders(&folder).iter().any(|(name, _)| !is_theirs(name));
        let write = move || {
            for language in Language::ALL {
                embedded_corpus(language, 0, &folder.join(folder_name(language)), &mut |_| (), &mut |_| ())?;
            }
            Ok(())
        };
        Self(Mutex::new((!has_others).then(|| thread::spawn(write))))
    }

    /// Waits for them.
    fn wait(&self) -> Result<(), EngineError> {
        // Held until they are there, so that all who ask wait.
        let mut handle = lock(&self.0);
        match handle.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(fault::of(&error)),
            Some(Err(panic)) => Err(fault::of_panic(panic.as_ref())),
        }
    }
}

fn folder_name(language: Language) -> String {
    format!("embedded-{language}")
}

impl Training {
    /// The corpora that can be trained on.
    pub(crate) fn corpora(&self, project: &Project) -> Result<Vec<CorpusFolder>, EngineError> {
        self.embedded.wait()?;
        let all = folders(project.corpora()).into_iter();
        Ok(all.filter_map(|(name, path)| described(name, &path)).collect())
    }
}

fn described(name: String, path: &Path) -> Option<CorpusFolder> {
    let corpus = Corpus::open(path).ok()?;
    let n_pairs = |split: Split| corpus.manifest().splits.get(split.name()).map_or(0, |entry| entry.pairs);
    Some(CorpusFolder {
        path: path.display().to_string(),
        name,
        language: corpus.manifest().language.name().to_owned(),
        n_train: n_pairs(Split::Train),
        n_dev: n_pairs(Split::Dev),
    })
}

/// A corpus with a vocabulary, or why it is none.
pub(super) fn checked(path: &str) -> Result<Corpus, EngineError> {
    if path.is_empty() {
        return Err(invalid("no corpus is chosen; choose one"));
    }
    let corpus = Corpus::open(path.as_ref()).map_err(|error| fault::of(&error.into()))?;
    if corpus.vocabulary_path().is_file() {
        return Ok(corpus);
    }
    let message = format!("`{path}` has no vocabulary; make one with `repartee vocab train`");
    Err(EngineError::new(EngineErrorCode::NotFound, message))
}
