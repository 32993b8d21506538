//! The files of the pages, built into the program. They are found by their exact path alone: there is no file system to
//! walk out of.

use std::sync::{LazyLock, OnceLock};

/// A file.
pub(crate) struct Asset {
    /// Path below the root, for instance `app.css`.
    pub(crate) path: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: &'static [u8],
    tag: OnceLock<String>,
}

impl Asset {
    /// Its entity tag.
    pub(crate) fn tag(&'static self) -> &'static str {
        self.tag.get_or_init(|| format!("\"{}\"", &blake3::hash(self.bytes).to_hex()[..32]))
    }

    /// Whether its name has a hash of its contents, as in `app-0123456789abcdef.wasm`.
    pub(crate) fn is_immutable(&self) -> bool {
        let stem = self.path.rsplit('/').next().unwrap_or_default();
        let is_hash = |part: &str| part.len() >= 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        stem.split(['-', '.', '_']).any(is_hash)
    }
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| include!(concat!(env!("OUT_DIR"), "/assets.rs")));

/// The file of this path.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_follow_contents_and_hashed_names_stay() {
        const fn asset(path: &'static str, bytes: &'static [u8]) -> Asset {
            Asset { path, content_type: "text/plain", bytes, tag: OnceLock::new() }
        }
        static ONE: Asset = asset("app-0123456789abcdef.wasm", b"one");
        static OTHER: Asset = asset("index.html", b"other");
        assert!(ONE.is_immutable() && !OTHER.is_immutable());
        assert_ne!(ONE.tag(), OTHER.tag());
        assert!(ONE.tag().starts_with('"') && ONE.tag().ends_with('"') && ONE.tag().len() == 34);
        assert!(find("../Cargo.toml").is_none() && find("").is_none());
    }
}
