//! A folder with an archive and the corpora built from it.

use std::path::{Path, PathBuf};

use repartee_archive::{ArchiveError, BuildOptions, BuildReport, Preset, build};
use repartee_corpus::{Corpus, Pair, Split};

/// A post in the generic form.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    id: String,
    parent: Option<String>,
    user: String,
    time: String,
    text: String,
}

/// Post `id` by `user`, which answers `parent` unless that is empty, in 2018.
pub(crate) fn post(id: &str, parent: &str, user: &str, text: &str) -> Post {
    Post {
        id: id.to_owned(),
        parent: (!parent.is_empty()).then(|| parent.to_owned()),
        user: user.to_owned(),
        time: "2018-05-01T12:00:00Z".to_owned(),
        text: text.to_owned(),
    }
}

impl Post {
    pub(crate) fn at(mut self, time: &str) -> Self {
        self.time = time.to_owned();
        self
    }

    pub(crate) fn json(&self) -> String {
        serde_json::json!({
            "id": self.id, "in_reply_to": self.parent, "user": self.user, "created_at": self.time, "text": self.text,
        })
        .to_string()
    }
}

/// Lines of JSON.
pub(crate) fn lines(posts: &[Post]) -> String {
    posts.iter().map(|post| post.json() + "\n").collect()
}

/// A temporary folder with inputs and one output.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    pub(crate) options: BuildOptions,
}

impl Bench {
    /// An archive of one file, to be built without filters.
    pub(crate) fn new(posts: &[Post]) -> Self {
        let bench = Self::empty();
        bench.write("posts.jsonl", lines(posts));
        bench
    }

    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("archive");
        std::fs::create_dir(&input).unwrap();
        let options = BuildOptions {
            inputs: vec![input],
            out: folder.path().join("corpus"),
            preset: Preset::None,
            memory_bytes: 16 << 20,
            overwrite: true,
            ..BuildOptions::default()
        };
        Self { folder, options }
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.options.inputs[0].join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut BuildOptions)) -> Self {
        change(&mut self.options);
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn try_build(&self) -> Result<BuildReport, ArchiveError> {
        build(&self.options, &mut |_| {})
    }

    #[track_caller]
    pub(crate) fn build(&self) -> BuildReport {
        self.try_build().unwrap()
    }

    /// The pairs of a split as `context | response`.
    #[track_caller]
    pub(crate) fn pairs(&self, split: Split) -> Vec<String> {
        let corpus = Corpus::open(&self.options.out).unwrap();
        corpus.verify().unwrap();
        let pairs = corpus.pairs(split).unwrap().map(Result::unwrap);
        pairs.map(|Pair { context, response, .. }| format!("{context} | {response}")).collect()
    }

    /// Builds, and returns the training pairs.
    #[track_caller]
    pub(crate) fn train(&self) -> Vec<String> {
        self.build();
        self.pairs(Split::Train)
    }

    /// All files of the corpus folder, by name.
    pub(crate) fn bytes(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(&self.options.out)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

/// A made-up archive with deep trees, several files, years and users; a pure function of the seed.
pub(crate) fn forest(seed: u64, n_posts: u64) -> Vec<Vec<Post>> {
    let mut state = seed;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut files = vec![Vec::new(); 3];
    for number in 0..n_posts {
        let parent = if number > 0 && random(4) > 0 {
            format!("p{}", number - 1 - random(number.min(30)))
        } else {
            String::new()
        };
        let text = format!("text {} of post {}", ["alpha", "beta", "gamma"][random(3) as usize], random(n_posts * 3));
        let time = format!("{}-0{}-1{}T00:00:0{}Z", 2017 + random(3), 1 + random(9), random(9), random(9));
        let one = post(&format!("p{number}"), &parent, &format!("u{}", random(3)), &text).at(&time);
        files[random(3) as usize].push(one);
    }
    files
}
