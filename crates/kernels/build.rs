//! Puts what every file of `shaders/` imports into its place, parses and validates it, and writes what the launcher must
//! know (source, workgroup size, number of bindings, whole-number constants) to `shaders.rs`, so that no number of a shader
//! is typed twice. A line `// #import name` stands for `shaders/shared/name.wgsl`; a file is put in once.

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::Path};

use naga::{
    Constant, Expression, Literal, Module,
    front::wgsl,
    valid::{Capabilities, ValidationFlags, Validator},
};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../shaders");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("the folder `shaders` exists")
        .map(|entry| entry.expect("a folder entry can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wgsl"))
        .collect();
    paths.sort();
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let out = Path::new(&out);
    let mut code = String::new();
    for path in paths {
        let path = path.canonicalize().expect("the shader exists");
        let source = with_imports(&path, &mut BTreeSet::new());
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("the shader's name is UTF-8").to_owned();
        let module = wgsl::parse_str(&source)
            .unwrap_or_else(|error| panic!("{}", error.emit_to_string_with_path(&source, &path.display().to_string())));
        Validator::new(ValidationFlags::all(), Capabilities::SHADER_FLOAT16)
            .validate(&module)
            .unwrap_or_else(|error| panic!("{}", error.emit_to_string_with_path(&source, &path.display().to_string())));
        let entry = module.entry_points.iter().find(|entry| entry.name == "main").expect("the entry point is `main`");
        let bindings = module.global_variables.iter().filter(|(_, variable)| variable.binding.is_some()).count();
        let resolved = out.join(format!("{name}.wgsl"));
        fs::write(&resolved, &source).expect("OUT_DIR can be written");
        writeln!(
            code,
            "/// Stage `{name}`.\npub(crate) const {}: Shader = Shader {{ name: {name:?}, source: include_str!({:?}), \
             workgroup_size: {:?}, n_bindings: {bindings}, constants: &{:?} }};",
            name.to_uppercase(),
            resolved.display().to_string(),
            entry.workgroup_size,
            constants(&module),
        )
        .expect("a String takes any text");
    }
    fs::write(out.join("shaders.rs"), code).expect("OUT_DIR can be written");
}

/// The text of a shader, with the files that it imports, and that those import, where it first names them.
fn with_imports(path: &Path, seen: &mut BTreeSet<String>) -> String {
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let mut resolved = String::new();
    for line in text.lines() {
        match line.strip_prefix("// #import ") {
            Some(name) if seen.contains(name) => {}
            Some(name) => {
                seen.insert(name.to_owned());
                let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../shaders");
                resolved += &with_imports(&folder.join(format!("shared/{name}.wgsl")), seen);
            }
            None => {
                resolved += line;
                resolved.push('\n');
            }
        }
    }
    resolved
}

/// Names and values of the constants that are whole numbers.
fn constants(module: &Module) -> Vec<(&str, u32)> {
    let value = |constant: &Constant| match module.global_expressions[constant.init] {
        Expression::Literal(Literal::U32(value)) => Some(value),
        _ => None,
    };
    let named = module.constants.iter().map(|(_, constant)| (constant.name.as_deref(), value(constant)));
    named.filter_map(|(name, value)| name.zip(value)).collect()
}
