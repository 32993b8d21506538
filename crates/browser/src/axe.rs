//! Barriers on a page, as axe-core finds them by the rules of WCAG 2.2 A and AA.

use std::{env, fs, path::PathBuf};

use crate::driver::Browser;

/// axe-core, where `cargo xtask test` keeps it.
pub struct Axe(Option<String>);

impl Axe {
    /// Without axe-core nothing is looked for, and that is said once.
    pub fn load() -> Self {
        let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
        let folders = cache.and_then(|cache| fs::read_dir(cache.join("repartee")).ok());
        let is_axe =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("axe-core-"));
        let folder = folders.and_then(|folders| folders.flatten().map(|entry| entry.path()).find(is_axe));
        let script = folder.and_then(|folder| fs::read_to_string(folder.join("package/axe.min.js")).ok());
        if script.is_none() {
            eprintln!("not checked for barriers: no axe-core in the cache; `cargo xtask test` fetches it");
        }
        Self(script)
    }

    /// Fails if there is a barrier.
    #[track_caller]
    pub fn check(&self, browser: &Browser, page: &str) {
        let found = self.barriers(browser);
        assert!(found.is_empty(), "barriers on {page}:\n{}", found.join("\n"));
    }

    /// Fails if a barrier that is put on the page is not found: then the other checks would mean nothing.
    #[track_caller]
    pub fn check_itself(&self, browser: &Browser) {
        browser.run("document.querySelector('main').insertAdjacentHTML('beforeend', '<img id=barrier src=x>')");
        let found = self.barriers(browser);
        assert!(self.0.is_none() || found.iter().any(|line| line.contains("image-alt")), "{found:?}");
        browser.run("document.querySelector('#barrier').remove()");
    }

    fn barriers(&self, browser: &Browser) -> Vec<String> {
        let Some(script) = &self.0 else { return Vec::new() };
        browser.run(&format!("if (!window.axe) {{ {script} }}"));
        let found = browser.run_async(
            "const done = arguments[arguments.length - 1];
             const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
             axe.run(document, { runOnly: rules, resultTypes: ['violations'] }).then(
                 ({ violations }) => done(violations.map(({ id, impact, nodes }) =>
                     `${impact} ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`)),
                 (error) => done([String(error)]));",
        );
        let lines = found.as_array().expect("a list").iter().filter_map(|line| line.as_str());
        lines.map(str::to_owned).collect()
    }
}
