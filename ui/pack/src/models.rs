//! The models of the site: their files under a folder each, and `models.json`, which says what they are.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use fs_err as fs;
use repartee_wire::engine::{card_licence, card_name, plain_name};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Of `models.json`; the worker's script reads the same.
const FORMAT: u32 = 1;

/// The files of a model, where an export has them, and their names on the site.
const FILES: [(&str, &str); 3] = [
    ("run.toml", "run.toml"),
    ("tokenizer.json", "tokenizer.json"),
    ("checkpoints/best.safetensors", "best.safetensors"),
];

/// Memory of the engine without a model, about.
const ENGINE_MEMORY_BYTES: u64 = 48 << 20;

/// Copies the models' files below `work/models` and gives `models.json`.
pub(crate) fn pack(models: &[PathBuf], work: &Path) -> anyhow::Result<String> {
    ensure!(!models.is_empty(), "there is no model; export one with `repartee export --weights int8` to `ui/models`");
    let entries = models
        .iter()
        .map(|folder| entry(folder, work).with_context(|| format!("`{}` cannot be used as a model", folder.display())));
    let entries: Vec<Value> = entries.collect::<anyhow::Result<_>>()?;
    let list = json!({ "format": FORMAT, "version": env!("CARGO_PKG_VERSION"), "models": entries });
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

fn entry(folder: &Path, work: &Path) -> anyhow::Result<Value> {
    let id = folder.file_name().context("it has no name")?.to_string_lossy().into_owned();
    let is_plain = id.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    ensure!(is_plain, "its name may have letters, digits, `.`, `_` and `-` only");
    let out = work.join("models").join(&id);
    fs::create_dir_all(&out)?;
    let (mut files, mut bytes) = (Vec::new(), 0);
    for (from, name) in FILES {
        let contents = fs::read(folder.join(from))?;
        fs::write(out.join(name), &contents)?;
        let n_bytes = contents.len() as u64;
        bytes += n_bytes;
        let sha256: String = Sha256::digest(&contents).iter().map(|byte| format!("{byte:02x}")).collect();
        files.push(json!({ "name": name, "path": format!("models/{id}/{name}"), "bytes": n_bytes, "sha256": sha256 }));
    }
    let run: toml::Table = fs::read_to_string(folder.join("run.toml"))?.parse()?;
    let manifest: Value = serde_json::from_str(&fs::read_to_string(folder.join("manifest.json"))?)?;
    let card = fs::read_to_string(folder.join("MODEL.md")).unwrap_or_default();
    let (n_parameters, update) = weights(&fs::read(folder.join("checkpoints/best.safetensors"))?)?;
    let language = manifest["language"].as_str().context("its manifest has no language")?;
    let method = run["method"]["kind"].as_str().context("its run file has no method")?;
    let k = run["method"].get("k").and_then(toml::Value::as_integer).map(u64::try_from).transpose()?;
    let name = card_name(&card).unwrap_or_else(|| plain_name(language, method, k));
    Ok(json!({
        "id": id, "name": name, "language": language, "method": method, "k": k,
        "n_parameters": n_parameters, "latent_size": run["model"]["latent_size"].as_integer(), "update": update,
        "licence": card_licence(&card), "card": card, "bytes": bytes,
        // Its parameters as they are computed with, and once more while it is loaded, beside its files.
        "memory_bytes": ENGINE_MEMORY_BYTES + 2 * 4 * n_parameters + bytes,
        "beam_size": run["decoding"]["beam_size"].as_integer(),
        "length_penalty": run["decoding"]["length_penalty"].as_float(),
        "files": files,
    }))
}

/// Parameters and updates, from the header of a safetensors file: its length, then JSON.
fn weights(file: &[u8]) -> anyhow::Result<(u64, u64)> {
    let (length, rest) = file.split_first_chunk::<8>().context("its weights are empty")?;
    let header = rest.get(..u64::from_le_bytes(*length) as usize).context("its weights are cut off")?;
    let header: Value = serde_json::from_slice(header)?;
    let tensors = header.as_object().context("its weights have no header")?;
    let size = |tensor: &Value| -> Option<u64> { tensor["shape"].as_array()?.iter().map(Value::as_u64).product() };
    let of_model = tensors.iter().filter(|(name, _)| name.starts_with("model.") && !name.ends_with(".scale"));
    let n_parameters = of_model.map(|(_, tensor)| size(tensor)).sum::<Option<u64>>().context("a shape is wrong")?;
    let progress = header["__metadata__"]["progress"].as_str().context("its weights have no progress")?;
    let progress: toml::Table = progress.parse()?;
    let update = progress.get("update").and_then(toml::Value::as_integer).unwrap_or_default();
    Ok((n_parameters, u64::try_from(update)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_say_their_size() {
        let header = r#"{"__metadata__":{"progress":"update = 7\n"},"model.a":{"shape":[2,3]},"model.a.scale":{"shape":[2]},"adam.x":{"shape":[9]}}"#;
        let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
        assert_eq!(weights(&file).expect("it is whole"), (6, 7));
        assert!(weights(&file[..20]).is_err());
    }
}
