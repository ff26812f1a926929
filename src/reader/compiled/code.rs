//! Canonical code: a bundle without what differs between two compiles of equal sources.
//!
//! The stock compiler's minifier chooses names by how often letters occur in a whole file, so the names
//! of a bundle move with its neighbours. Here every name that a bundle declares is given anew: `$0`,
//! `$1` … at the top level, `_0`, `_1` … within, counted along the scopes. So a change in one function
//! leaves the others as they are. Labels and private names go the same way; comments and layout go;
//! a text that is the absolute path of something in the project stands relative to it.

use crate::reader;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BreakStatement, ClassBody, ContinueStatement, LabelIdentifier, LabeledStatement,
    PrivateIdentifier, Program, StringLiteral, WithStatement,
};
use oxc_ast_visit::{VisitMut, walk_mut};
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc_parser::Parser;
use oxc_semantic::{Scoping, SemanticBuilder};
use oxc_span::SourceType;
use std::collections::HashSet;
use std::path::Path;

/// Code in its canonical form; `None` for what is no code. `root` is the project.
pub fn canonical(text: &str, root: &Path) -> Option<String> {
    if reader::too_deep(text).is_some() {
        return None;
    }
    let arena = Allocator::default();
    let mut program = parse(&arena, text)?;
    let mut names = Names {
        arena: &arena,
        root,
        labels: Vec::new(),
        privates: Vec::new(),
        count: 0,
        is_open: false,
    };
    names.visit_program(&mut program);
    let is_open = names.is_open;
    let mut scoping = SemanticBuilder::new().build(&program).semantic.into_scoping();
    // Names that `eval` or `with` could look up stay as they are.
    if !is_open && !scoping.scope_flags(scoping.root_scope_id()).contains_direct_eval() {
        rename(&mut scoping);
    }
    let options =
        CodegenOptions { comments: CommentOptions::disabled(), ..CodegenOptions::default() };
    Some(Codegen::new().with_options(options).with_scoping(Some(scoping)).build(&program).code)
}

/// A bundle is a CommonJS module; a workflow in the form of a script may be an ES module.
fn parse<'a>(arena: &'a Allocator, text: &'a str) -> Option<Program<'a>> {
    let kinds = [SourceType::cjs(), SourceType::mjs()];
    kinds.into_iter().find_map(|kind| {
        let parsed = Parser::new(arena, text, kind).parse();
        (!parsed.panicked && parsed.diagnostics.is_empty()).then_some(parsed.program)
    })
}

/// Gives every declared name anew. A scope counts on from the scopes around it, so no name hides
/// another that is in use.
fn rename(scoping: &mut Scoping) {
    let arena = Allocator::default();
    let free = scoping.root_unresolved_references();
    let free: HashSet<String> = free.keys().map(ToString::to_string).collect();
    let scopes: Vec<_> = scoping.scope_descendants_from_root().collect();
    let mut next: Vec<usize> =
        vec![0; scopes.iter().map(|scope| scope.index() + 1).max().unwrap_or(0)];
    for scope in scopes {
        let around = scoping.scope_parent_id(scope);
        let is_top = around.is_none();
        let is_within = around.is_some_and(|around| scoping.scope_parent_id(around).is_some());
        let mut number = match around {
            Some(around) if is_within => next[around.index()],
            _ => 0,
        };
        let mut symbols: Vec<_> = scoping.iter_bindings_in(scope).collect();
        symbols.sort_unstable();
        for symbol in symbols {
            let name = loop {
                let name = format!("{}{number}", if is_top { '$' } else { '_' });
                number += 1;
                if !free.contains(&name) {
                    break name;
                }
            };
            scoping.set_symbol_name(symbol, arena.alloc_str(&name).into());
        }
        next[scope.index()] = number;
    }
}

/// Renames what is no variable, and makes paths relative.
struct Names<'r, 'a> {
    arena: &'a Allocator,
    root: &'r Path,
    /// Labels around this place: as written, and anew.
    labels: Vec<(String, String)>,
    /// Private names of the classes around this place.
    privates: Vec<Vec<(String, String)>>,
    /// How many private names were given.
    count: usize,
    /// Whether a `with` stands somewhere.
    is_open: bool,
}

impl<'a> Names<'_, 'a> {
    fn label(&self, label: &mut LabelIdentifier<'a>) {
        if let Some((_, new)) =
            self.labels.iter().rev().find(|(old, _)| *old == label.name.as_str())
        {
            label.name = self.arena.alloc_str(new).into();
        }
    }
}

impl<'a> VisitMut<'a> for Names<'_, 'a> {
    fn visit_labeled_statement(&mut self, it: &mut LabeledStatement<'a>) {
        let new = format!("l{}", self.labels.len());
        self.labels.push((it.label.name.to_string(), new));
        self.label(&mut it.label);
        self.visit_statement(&mut it.body);
        self.labels.pop();
    }

    fn visit_break_statement(&mut self, it: &mut BreakStatement<'a>) {
        it.label.iter_mut().for_each(|label| self.label(label));
    }

    fn visit_continue_statement(&mut self, it: &mut ContinueStatement<'a>) {
        it.label.iter_mut().for_each(|label| self.label(label));
    }

    fn visit_class_body(&mut self, it: &mut ClassBody<'a>) {
        let mut own: Vec<(String, String)> = Vec::new();
        for element in &it.body {
            let Some(oxc_ast::ast::PropertyKey::PrivateIdentifier(name)) = element.property_key()
            else {
                continue;
            };
            // A getter and its setter share one.
            if !own.iter().any(|(old, _)| *old == name.name.as_str()) {
                own.push((name.name.to_string(), format!("p{}", self.count)));
                self.count += 1;
            }
        }
        self.privates.push(own);
        walk_mut::walk_class_body(self, it);
        self.privates.pop();
    }

    fn visit_private_identifier(&mut self, it: &mut PrivateIdentifier<'a>) {
        let known = self.privates.iter().rev().flatten().find(|(old, _)| *old == it.name.as_str());
        if let Some((_, new)) = known {
            it.name = self.arena.alloc_str(new).into();
        }
    }

    fn visit_with_statement(&mut self, it: &mut WithStatement<'a>) {
        self.is_open = true;
        walk_mut::walk_with_statement(self, it);
    }

    fn visit_string_literal(&mut self, it: &mut StringLiteral<'a>) {
        let Ok(below) = Path::new(it.value.as_str()).strip_prefix(self.root) else { return };
        if self.root.join(below).exists() {
            let below = format!("./{}", below.to_string_lossy().replace('\\', "/"));
            it.value = self.arena.alloc_str(&below).into();
            it.raw = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        canonical(text, Path::new("/nowhere/at/all")).unwrap_or_else(|| panic!("no code: {text}"))
    }

    #[test]
    fn names_labels_and_private_names_do_not_count() {
        let one = "var a=require('zod');function b(c,d){e:for(let f of c){for(;;)continue e}return{d,c:d}}\
            class g{#h=1;get i(){return this.#h}static j(k){return#h in k}}module.exports={b,g};";
        let other = "var q=require('zod');function d(a,b){z:for(let c of a){for(;;)continue z}return{d:b,c:b}}\
            class e{#x=1;get i(){return this.#x}static j(q){return#x in q}}module.exports={b:d,g:e};";
        assert_eq!(of(one), of(other));
        assert_eq!(of(&of(one)), of(one), "canonical code is its own canonical form");
    }

    #[test]
    fn layout_comments_and_quotes_do_not_count() {
        assert_eq!(of("/* a */ var a = 'x'; // b\n\n\nf( a )"), of("var a=\"x\";f(a);"));
    }

    #[test]
    fn what_the_code_does_counts() {
        let base = of("var a=1,b=2;module.exports=()=>a+b;");
        for other in [
            "var a=1,b=2;module.exports=()=>b+a;",
            "var a=1,b=3;module.exports=()=>a+b;",
            "var a=1,b=2;module.exports=()=>a+c;",
            "var a=1,b=2;module.exports=(a)=>a+b;",
        ] {
            assert_ne!(of(other), base, "{other}");
        }
    }

    #[test]
    fn no_new_name_hides_one_that_is_used() {
        let text = of("var a=$0,b=_0;module.exports=c=>d=>[a,b,c,d,$0,_0,Data];");
        assert_eq!(
            text,
            "var $1 = $0, $2 = _0;\nmodule.exports = (_1) => (_2) => [\n\t$1,\n\t$2,\n\t_1,\n\t_2,\n\t$0,\n\t_0,\n\tData\n];\n"
        );
    }

    #[test]
    fn a_change_in_one_function_leaves_the_others() {
        let two = |first: &str| {
            of(&format!("function f(x){{{first}return x}}function g(y){{let z=y;return z}}"))
        };
        let rest = |text: &str| text[text.find("function $1").unwrap()..].to_owned();
        assert_eq!(rest(&two("")), rest(&two("let q=1,r=2;x+=q+r;")));
    }

    #[test]
    fn names_that_are_looked_up_at_run_time_stay() {
        for text in ["var a = 1;\neval(\"a\");\n", "var a = 1;\nwith(b) {\n\ta;\n}\n"] {
            assert_eq!(of(text), text);
        }
    }

    #[test]
    fn a_path_of_the_project_is_relative_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let text = |path: &Path| {
            let quoted = serde_json::to_string(&path.to_string_lossy()).unwrap();
            canonical(&format!("f({quoted});"), root).unwrap()
        };
        assert_eq!(text(root), "f(\"./\");\n");
        let elsewhere = root.join("is/not/there");
        assert!(text(&elsewhere).contains("not"), "{}", text(&elsewhere));
    }

    #[test]
    fn what_is_no_code_is_none() {
        let deep = "(".repeat(100_000);
        for text in ["{\n  \"kind\": \"skill\",\n  \"name\": \"a\"\n}", "a b", &deep] {
            assert_eq!(canonical(text, Path::new("/nowhere")), None);
        }
        assert!(canonical("export const meta = {};", Path::new("/nowhere")).is_some());
    }
}
