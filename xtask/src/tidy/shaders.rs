//! Every shader has a twin on the processor, against which it is tested.

use super::Problem;

const TWINS: &str = "crates/kernels/src/reference";

/// Checks the shaders among all files; those in folders below `shaders` are parts, not stages.
pub(crate) fn problems(files: &[String]) -> Vec<Problem> {
    let stage = |file: &String| {
        let name = file.strip_prefix("shaders/")?.strip_suffix(".wgsl")?;
        let twin = format!("{TWINS}/{name}.rs");
        let has_twin = name.contains('/') || files.contains(&twin);
        (!has_twin).then(|| Problem::new(file, 1, format!("no twin; write {twin}")))
    };
    files.iter().filter_map(stage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shader_without_a_twin_is_found() {
        let files = [
            "shaders/lonely.wgsl",
            "shaders/softmax.wgsl",
            "shaders/shared/numeric.wgsl",
            "shaders/README.md",
            "crates/kernels/src/reference/softmax.rs",
        ];
        let found = problems(&files.map(str::to_owned));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].to_string(),
            "shaders/lonely.wgsl:1: no twin; write crates/kernels/src/reference/lonely.rs"
        );
    }
}
