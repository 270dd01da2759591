//! Which file of a crate needs which, drawn from paths: `use crate::…`, `super::…`, `child::…`.
//!
//! A `mod` says where a file lies, and is no arrow. A name that a file only hands on, with `pub use`, leads on to the
//! file that defines it. Methods are not followed: an `impl` that is spread over files calls across them without a path.

use super::source::{Source, closed, is_word, words};
use std::collections::{BTreeMap, BTreeSet};

/// A file's place in its crate: the names of its modules from the root.
type Module = Vec<String>;

/// The files of one crate, and what can be found where.
pub struct Crate<'a> {
    files: BTreeMap<Module, &'a Source>,
    imports: BTreeMap<Module, Vec<Import>>,
}

/// One name that a file imports.
struct Import {
    /// The path, from the crate's root, and `*` at its end where it imports all that is there.
    path: Module,
    /// The name under which the file knows it.
    name: String,
    /// Whether the file hands it on and does not use it itself.
    only_handed_on: bool,
}

/// The place of a file in its crate. `main.rs` and `src/bin` are crates of their own, above the library.
fn module(name: &str) -> Option<Module> {
    let (_, inside) = name.split_once("/src/")?;
    let inside = inside.strip_suffix(".rs")?;
    if inside == "main" || inside.starts_with("bin/") {
        return None;
    }
    let path = inside.strip_suffix("/mod").unwrap_or(if inside == "lib" { "" } else { inside });
    Some(path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect())
}

/// A part of a path, without the mark of a name that is a keyword: `r#loop` lies in `loop.rs`.
fn plain(part: &str) -> &str {
    let part = part.trim();
    part.strip_prefix("r#").unwrap_or(part)
}

/// Every path of a `use` tree, with the name that it gets.
fn tree(text: &str, before: &[String], found: &mut Vec<(Module, String)>) {
    let mut depth = 0usize;
    let cut = |character: char| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    };
    for one in text.split(cut).map(str::trim).filter(|one| !one.is_empty()) {
        let (path, inner) = one.split_once('{').map_or((one, None), |(path, rest)| (path, rest.rsplit_once('}')));
        let (path, renamed) = path.split_once(" as ").map_or((path, None), |(path, name)| (path, Some(name.trim())));
        let parts = path.split("::").map(plain).filter(|part| !part.is_empty()).map(str::to_owned);
        let mut whole: Module = before.iter().cloned().chain(parts).collect();
        if let Some((inner, _)) = inner {
            tree(inner, &whole, found);
            continue;
        }
        if whole.last().is_some_and(|last| last == "self") {
            whole.pop();
        }
        let name = renamed.map(str::to_owned).or_else(|| whole.last().cloned()).unwrap_or_default();
        found.push((whole, name));
    }
}

impl<'a> Crate<'a> {
    /// Reads the files of a crate.
    pub fn new(all: &'a [Source]) -> Self {
        let files: BTreeMap<Module, &Source> =
            all.iter().filter_map(|source| Some((module(&source.name)?, source))).collect();
        let mut read = Self { files, imports: BTreeMap::new() };
        for (module, source) in &read.files {
            let imports = read.imports_of(module, source);
            read.imports.insert(module.clone(), imports);
        }
        read
    }

    /// A path from the crate's root; none where it leads to another crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Module> {
        let mut place = module.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                place.clear();
                rest = &rest[1..];
            }
            "super" | "self" => {
                while let Some(step @ ("super" | "self")) = rest.first().map(String::as_str) {
                    if step == "super" {
                        place.pop();
                    }
                    rest = &rest[1..];
                }
            }
            child => {
                place.push(child.to_owned());
                if !self.files.contains_key(&place) {
                    return None;
                }
                rest = &rest[1..];
            }
        }
        place.extend(rest.iter().cloned());
        Some(place)
    }

    /// What a file imports of its own crate.
    fn imports_of(&self, module: &[String], source: &Source) -> Vec<Import> {
        let mut rest = source.bare.clone();
        let mut uses = Vec::new();
        for (start, end) in use_items(&source.bare) {
            uses.push((start, &source.bare[start + "use".len()..end]));
            rest.replace_range(start..end, &" ".repeat(end - start));
        }
        let mut found = Vec::new();
        for (start, text) in uses {
            let mut paths = Vec::new();
            tree(text, &[], &mut paths);
            for (path, name) in paths {
                let Some(path) = self.absolute(&self.inside(module, source, start), &path) else { continue };
                // A `mod` of that name says only where its file lies.
                let uses = words(&rest, &name).filter(|at| !rest[..*at].ends_with("mod ")).count();
                let is_used = uses > 0 && name != "*";
                let only_handed_on = declared(&source.bare, start).starts_with("pub") && !is_used;
                found.push(Import { path, name, only_handed_on });
            }
        }
        found
    }

    /// The module at a position of a file: the file's own, or one that is written out in it.
    fn inside(&self, module: &[String], source: &Source, at: usize) -> Module {
        let mut place = module.to_vec();
        for start in words(&source.bare[..at], "mod") {
            let rest = &source.bare[start + "mod".len()..];
            let Some(body) = rest.find(['{', ';']).filter(|body| rest[*body..].starts_with('{')) else { continue };
            if start + "mod".len() + body + closed(&rest[body..]) > at {
                place.push(rest[..body].trim().to_owned());
            }
        }
        place
    }

    /// The file that defines what a path leads to: the longest part of it that is a file, and from there on along what
    /// the file hands on.
    fn defined(&self, path: &[String], depth: usize) -> Option<Module> {
        let length = (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
        let (place, rest) = path.split_at(length);
        let Some(name) = rest.first().filter(|_| depth < 8) else { return Some(place.to_vec()) };
        let known = self.imports.get(place).into_iter().flatten();
        for import in known {
            let (last, above) = import.path.split_last()?;
            let onwards: Module = if last == "*" {
                let target = self.defined(above, depth + 1)?;
                if !self.defines(&target, name) {
                    continue;
                }
                target.iter().chain(rest).cloned().collect()
            } else if import.name == *name {
                import.path.iter().chain(&rest[1..]).cloned().collect()
            } else {
                continue;
            };
            if onwards != path {
                return self.defined(&onwards, depth + 1);
            }
        }
        Some(place.to_vec())
    }

    /// Whether a file defines a name.
    fn defines(&self, module: &[String], name: &str) -> bool {
        let Some(source) = self.files.get(module) else { return false };
        let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"];
        words(&source.bare, name).any(|at| kinds.iter().any(|kind| source.bare[..at].trim_end().ends_with(kind)))
    }

    /// The arrows between the crate's files.
    pub fn arrows(&self) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        for (module, source) in &self.files {
            let imported = self.imports[module].iter().filter(|import| !import.only_handed_on);
            let paths = imported.map(|import| import.path.clone()).chain(self.written_out(module, source));
            for target in paths.filter_map(|path| self.defined(&path, 0)).filter(|target| target != module) {
                found.insert((source.name.clone(), self.files[&target].name.clone()));
            }
        }
        found
    }

    /// Paths that stand in the text itself, outside of `use`; in attributes they stand between quotation marks.
    fn written_out(&self, module: &[String], source: &Source) -> Vec<Module> {
        let mut text = source.code.clone();
        for (start, end) in use_items(&source.bare) {
            text.replace_range(start..end, &" ".repeat(end - start));
        }
        let mut found = Vec::new();
        for (at, _) in text.match_indices("::") {
            let before = &text[..at];
            let first = before.trim_end_matches(is_word).len();
            let preceded = &text[..first];
            let quoted = source.bare[first..at] != text[first..at];
            let in_attribute = preceded.ends_with("= \"");
            if before[first..].is_empty() || preceded.ends_with("::") || (quoted && !in_attribute) {
                continue;
            }
            let end =
                text[first..].find(|character| !is_word(character) && character != ':').unwrap_or(text.len() - first);
            let parts =
                text[first..first + end].split("::").map(plain).filter(|part| !part.is_empty()).map(str::to_owned);
            let parts: Vec<String> = parts.collect();
            found.extend(self.absolute(&self.inside(module, source, first), &parts));
        }
        found
    }
}

/// What stands before the `use` at a position, such as `pub`.
fn declared(bare: &str, at: usize) -> &str {
    bare[..at].rsplit(['\n', ';', '{', '}']).next().unwrap_or_default().trim()
}

/// Where the `use` items of a file lie, up to their semicolons.
fn use_items(bare: &str) -> Vec<(usize, usize)> {
    let begins = |at: &usize| {
        let before = declared(bare, *at);
        before.is_empty() || before.starts_with("pub")
    };
    let ends = |at: usize| (at, at + bare[at..].find(';').unwrap_or(0));
    words(bare, "use").filter(begins).map(ends).collect()
}
