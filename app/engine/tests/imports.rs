//! The direction of imports: no circle of files in any crate, and rooms that import one way.
//!
//! A module and its own submodules may name each other; unit tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};

/// The engine's rooms from the ground up: a room imports only rooms that stand before it.
const ENGINE_ROOMS: [&str; 10] = [
    "sync",
    "model",
    "telemetry",
    "storage",
    "scheduling",
    "transfer",
    "protocol",
    "metalink",
    "download",
    "manager",
];

/// Modules of a crate by path (`a::b`), each with the modules that it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn the_engines_rooms_import_downward() {
    let floor = |module: &str| {
        let room = module.split("::").next();
        ENGINE_ROOMS.iter().position(|name| room == Some(name))
    };
    for (from, all) in imports_of("app/engine/src") {
        for to in all.iter().filter(|to| floor(&from) < floor(to)) {
            assert!(
                from.is_empty(),
                "{from} imports {to}, which stands above it"
            );
        }
    }
}

#[test]
fn no_files_and_no_rooms_import_each_other_in_a_circle() {
    let crates = [
        "shared/src",
        "shared/os/src",
        "server/src",
        "app/engine/src",
        "app/src",
    ];
    for src in crates {
        let imports = imports_of(src);
        assert_no_circle(src, &imports);
        if !src.starts_with("shared") {
            assert_no_circle(src, &between_rooms(&imports, ""));
        }
        if src == "app/src" {
            assert_no_circle(src, &between_rooms(&imports, "lab"));
        }
    }
}

fn assert_no_circle(src: &str, imports: &Imports) {
    let mut open = imports.clone();
    // Takes away modules that import nothing that is left, until only circles are left.
    while let Some(done) = open
        .iter()
        .find(|(_, all)| all.iter().all(|to| !open.contains_key(to)))
        .map(|(module, _)| module.clone())
    {
        open.remove(&done);
    }
    for all in open.values_mut() {
        all.retain(|to| imports.contains_key(to));
    }
    assert!(
        open.is_empty(),
        "{src}: these import each other in a circle, or import such: {open:#?}"
    );
}

/// Returns the imports between the modules directly below `parent`.
fn between_rooms(imports: &Imports, parent: &str) -> Imports {
    let room = |module: &str| {
        let below = match parent {
            "" => module,
            _ => module.strip_prefix(parent)?.strip_prefix("::")?,
        };
        below
            .split("::")
            .next()
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
    };
    let mut rooms = Imports::new();
    for (from, all) in imports {
        let Some(from) = room(from) else { continue };
        let others = all
            .iter()
            .filter_map(|to| room(to))
            .filter(|to| *to != from);
        rooms.entry(from.clone()).or_default().extend(others);
    }
    rooms
}

/// Returns the imports of every module of the crate at `src`, but not those between a module and its
/// own submodules.
fn imports_of(src: &str) -> Imports {
    let src = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(src);
    let mut paths = BTreeMap::new();
    read_folder(&src, &mut Vec::new(), &mut paths);
    let known: BTreeSet<String> = paths.keys().cloned().collect();
    let is_family =
        |a: &str, b: &str| format!("{a}::").starts_with(&format!("{b}::")) || b.is_empty();
    let imports = |(module, paths): (String, Vec<Vec<String>>)| {
        let targets = paths.iter().filter_map(|path| {
            let prefixes = (0..=path.len()).rev().map(|len| path[..len].join("::"));
            prefixes.into_iter().find(|name| known.contains(name))
        });
        let targets = targets.filter(|to| !is_family(&module, to) && !is_family(to, &module));
        let targets = targets.collect();
        (module, targets)
    };
    paths.into_iter().map(imports).collect()
}

/// Reads the paths in every module below `folder`, which is the module `at`.
fn read_folder(
    folder: &Path,
    at: &mut Vec<String>,
    found: &mut BTreeMap<String, Vec<Vec<String>>>,
) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let is_root = matches!(&*name, "mod" | "lib");
        if !is_root {
            at.push(name.clone());
        }
        if path.is_dir() {
            read_folder(&path, at, found);
        } else if !matches!(&*name, "tests" | "main") {
            let text = fs::read_to_string(&path).expect("a text");
            let mut paths = Paths {
                module: at,
                found: Vec::new(),
            };
            paths.visit_file(&syn::parse_file(&text).expect("Rust"));
            found.insert(at.join("::"), paths.found);
        }
        if !is_root {
            at.pop();
        }
    }
}

/// Collects the absolute paths that a module names.
struct Paths<'a> {
    module: &'a [String],
    found: Vec<Vec<String>>,
}

impl Paths<'_> {
    /// Enters a path that begins with `crate`, `super` or `self`.
    fn enter(&mut self, segments: &[String]) {
        let ups = segments
            .iter()
            .take_while(|segment| *segment == "super")
            .count();
        let base = match segments.first().map(String::as_str) {
            Some("crate") => &[],
            Some("self") => self.module,
            Some("super") => &self.module[..self.module.len().saturating_sub(ups)],
            _ => return,
        };
        self.found.push([base, &segments[ups.max(1)..]].concat());
    }

    /// Enters every path of a use tree.
    fn enter_tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.enter_tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => {
                group
                    .items
                    .iter()
                    .for_each(|tree| self.enter_tree(tree, before));
            }
            syn::UseTree::Name(name) => self.enter(&with(&name.ident)),
            syn::UseTree::Rename(name) => self.enter(&with(&name.ident)),
            syn::UseTree::Glob(_) => self.enter(before),
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_none() || item.attrs.is_empty() {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.enter_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        self.enter(&segments);
        visit::visit_path(self, path);
    }
}
