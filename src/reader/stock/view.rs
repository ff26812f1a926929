//! View of an agent by the stock compiler: the primitives and tools that its manifest would name,
//! and the missing ones with the reason. The compiler is not run; its rules were read from lua-cli
//! 3.37.0, and `tests/it/dropped/` compares with its real output.

use super::added_tools::{added, imported, nodes};
use super::found::{StockForm, StockPrimitive};
use super::lists::{ListElement, ListElements, assigned, list};
use super::names::Lookup;
use super::runtime_names::names_at_runtime;
use super::unassigned::unassigned;
use super::values::LossReason;
use crate::model::kind::{AGENT, KINDS, Kind, TOOL};
use crate::reader::eval::value::SourceSpan;
use crate::reader::primitives::entry;
use crate::reader::syntax::module::Module;
use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, Expression, ObjectExpression};
use oxc_span::GetSpan;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

#[derive(Default)]
pub struct StockView<'a> {
    /// Form that makes the agent, if the compiler finds it.
    pub agent: Option<(Rc<Module<'a>>, StockForm<'a>)>,
    pub primitives: Vec<ListedPrimitive<'a>>,
    /// Every tool that is compiled, whether or not a skill lists it.
    pub tools: Vec<StockPrimitive<'a>>,
    pub losses: Vec<Loss>,
}

/// A primitive, and the tools that its skill gets.
pub struct ListedPrimitive<'a> {
    pub found: StockPrimitive<'a>,
    pub tools: Vec<String>,
    /// The words by which it names its tools.
    words: Vec<ToolWord<'a>>,
}

/// Word for a tool, with the place of its lookup and its own.
struct ToolWord<'a> {
    word: &'a str,
    module: Option<Rc<Module<'a>>>,
    element: (Rc<Module<'a>>, &'a Expression<'a>),
    site: SourceSpan,
}

/// Something that is written and not found.
pub struct Loss {
    /// `skill`, `job`, … or `tool`.
    pub kind: &'static str,
    /// Names of the lost parts, as far as they are known; none for the rest of a list.
    pub names: Vec<String>,
    /// The skill that loses a tool.
    pub of: Option<String>,
    pub why: LossReason,
}

impl<'a> StockView<'a> {
    pub fn of(root: &Path, lookup: Lookup<'_, 'a>) -> StockView<'a> {
        let mut view = StockView::default();
        let usual = entry::USUAL.iter().map(|name| root.join(name));
        let usual = usual.filter(|file| lookup.evaluator.modules.files().is_file(file));
        let modules: Vec<_> =
            usual.filter_map(|file| lookup.evaluator.modules.open(&file).ok()).collect();
        match modules.iter().find_map(|module| Some((module, agent_config(lookup, module)?))) {
            Some((module, config)) => {
                view.agent = Some((module.clone(), StockForm::Config(config)));
                view.listed(lookup, module, config);
            }
            None => view.scattered(root, lookup),
        }
        view.name_tools(lookup);
        view
    }

    /// The primitives that the agent lists.
    fn listed(
        &mut self,
        lookup: Lookup<'_, 'a>,
        module: &Rc<Module<'a>>,
        config: &'a ObjectExpression<'a>,
    ) {
        for kind in &KINDS {
            let key = kind.keys[0];
            let Some(value) = assigned(config, key) else {
                self.unlisted(kind, module, config, key);
                continue;
            };
            let ListElements { refs, stop } = list(lookup, module, value);
            for one in &refs {
                self.one(lookup, kind, one);
            }
            self.losses.extend(stop.map(|why| Loss {
                kind: kind.word,
                names: Vec::new(),
                of: None,
                why,
            }));
        }
    }

    /// A list that the configuration has in another way than as `key: VALUE`.
    fn unlisted(
        &mut self,
        kind: &Kind,
        module: &Module<'a>,
        config: &ObjectExpression<'a>,
        key: &str,
    ) {
        let why = unassigned(module, config, key);
        self.losses.push(Loss { kind: kind.word, names: Vec::new(), of: None, why });
    }

    fn one(&mut self, lookup: Lookup<'_, 'a>, kind: &'static Kind, one: &ListElement<'a>) {
        let lose = |why: LossReason| Loss {
            kind: kind.word,
            names: names_at_runtime(lookup, &one.element),
            of: None,
            why,
        };
        if one.inline {
            let reason = format!("`new {}(…)` is in the list itself, without a name", one.name);
            return self.losses.push(lose((one.site(), reason)));
        }
        let all = lookup.found(kind, &one.module);
        let alone = all.len() == 1;
        let default = all.iter().position(|found| one.by_default && found.by_default);
        let default = default.or_else(|| {
            let named = super::names::default_expression(&one.module).filter(|_| one.by_default)?;
            let Expression::Identifier(name) = named else { return None };
            all.iter().position(|found| found.export == name.name)
        });
        let named =
            || all.iter().position(|found| found.export == one.name || found.name == one.name);
        match default.or_else(named).or_else(|| alone.then_some(0)) {
            Some(at) => {
                let Some(found) = all.into_iter().nth(at) else { return };
                let names = names_at_runtime(lookup, &one.element);
                if !names.is_empty() && !names.contains(&found.name) {
                    let reason =
                        format!("it takes `{}` of `{}` for it", found.name, found.module.path);
                    self.losses.push(lose((one.site(), reason)));
                }
                self.add(lookup, found);
            }
            None => self.losses.push(lose(placed(
                one.site(),
                lookup.missing(kind, &one.module, one.name, one.by_default),
            ))),
        }
    }

    /// Each primitive of each file, where no agent is found.
    fn scattered(&mut self, root: &Path, lookup: Lookup<'_, 'a>) {
        for file in lookup.evaluator.modules.files().sources(root) {
            let Ok(module) = lookup.evaluator.modules.open(&file) else { continue };
            if self.agent.is_none() {
                let agent = lookup.found(&AGENT, &module).into_iter().next();
                self.agent = agent.map(|found| (found.module, found.shape));
            }
            for kind in &KINDS {
                for found in lookup.found(kind, &module) {
                    self.add(lookup, found);
                }
            }
            self.tools.extend(lookup.found(&TOOL, &module));
        }
    }

    fn add(&mut self, lookup: Lookup<'_, 'a>, found: StockPrimitive<'a>) {
        let is_here = |one: &ListedPrimitive<'a>| {
            one.found.kind == found.kind && one.found.site() == found.site()
        };
        if self.primitives.iter().any(is_here) {
            return;
        }
        let words = if found.kind == "skill" { self.words(lookup, &found) } else { Vec::new() };
        self.primitives.push(ListedPrimitive { found, tools: Vec::new(), words });
    }

    /// Words for tools in a skill: its list, and the arguments of `addTool` and `addTools`.
    fn words(&mut self, lookup: Lookup<'_, 'a>, skill: &StockPrimitive<'a>) -> Vec<ToolWord<'a>> {
        let (module, mut words) = (&skill.module, Vec::new());
        let value = match skill.shape {
            StockForm::Config(config) => match assigned(config, "tools") {
                Some(value) => Some((module.clone(), value)),
                None => {
                    let why = unassigned(module, config, "tools");
                    self.losses.push(Loss {
                        kind: "tool",
                        names: Vec::new(),
                        of: Some(skill.name.clone()),
                        why,
                    });
                    None
                }
            },
            StockForm::Class(class) => lookup
                .member(module, class, "tools")
                .and_then(|(module, field)| Some((module, field.value.as_ref()?))),
        };
        let mut take = |there: &Rc<Module<'a>>, value: &'a Expression<'a>| {
            let ListElements { refs, stop } = list(lookup, there, value);
            words.extend(refs.into_iter().map(|one| ToolWord {
                word: one.name,
                site: one.site(),
                element: one.element,
                module: Some(one.module),
            }));
            let of = Some(skill.name.clone());
            self.losses.extend(stop.map(|why| Loss { kind: "tool", names: Vec::new(), of, why }));
        };
        if let Some((there, value)) = &value {
            take(there, value);
        }
        let more = added(lookup, skill);
        for (_, value) in more.iter().filter(|(word, _)| word.is_none()) {
            take(module, value);
        }
        for (word, value) in more {
            let Some(word) = word else { continue };
            let (element, site) =
                ((module.clone(), value), SourceSpan::new(module.id, value.span()));
            words.push(ToolWord { word, module: imported(lookup, module, word), element, site });
        }
        words
    }

    /// Finds the tools of each skill. The file that was found last for a word counts for all its uses.
    fn name_tools(&mut self, lookup: Lookup<'_, 'a>) {
        let scattered = !self.tools.is_empty();
        for at in 0..self.primitives.len() {
            let words = std::mem::take(&mut self.primitives[at].words);
            let last: BTreeMap<&str, Option<Rc<Module<'a>>>> =
                words.iter().map(|word| (word.word, word.module.clone())).collect();
            let owner = self.primitives[at].found.name.clone();
            for word in &words {
                let module = last.get(word.word).cloned().flatten();
                let found = if scattered { None } else { self.tool(lookup, &owner, word, module) };
                self.tools.extend(found);
            }
            self.primitives[at].words = words;
        }
        for at in 0..self.primitives.len() {
            let words = std::mem::take(&mut self.primitives[at].words);
            let owner = self.primitives[at].found.name.clone();
            for word in &words {
                let found = self.tools.iter().find(|tool| tool.answers_to(word.word));
                let name = found.map_or(word.word, |tool| &*tool.name);
                let name =
                    self.tools.iter().find(|tool| tool.name == name).map(|tool| tool.name.clone());
                let names = || names_at_runtime(lookup, &word.element);
                match name {
                    Some(name) => self.primitives[at].tools.push(name),
                    None => {
                        let reason = format!(
                            "the skill names it `{}`, which is not the name of a tool for it",
                            word.word
                        );
                        let (of, why) = (Some(owner.clone()), (word.site, reason));
                        self.losses.push(Loss { kind: "tool", names: names(), of, why });
                    }
                }
            }
        }
    }

    /// The tool that a word means in the file where it is looked for.
    fn tool(
        &mut self,
        lookup: Lookup<'_, 'a>,
        owner: &str,
        word: &ToolWord<'a>,
        module: Option<Rc<Module<'a>>>,
    ) -> Option<StockPrimitive<'a>> {
        let module = module?;
        let all = lookup.found(&TOOL, &module);
        let alone = all.len() == 1;
        let at =
            all.iter().position(|tool| tool.answers_to(word.word)).or_else(|| alone.then_some(0));
        let found = at.and_then(|at| all.into_iter().nth(at));
        if found.is_none() {
            let names = names_at_runtime(lookup, &word.element);
            let why = placed(word.site, lookup.missing(&TOOL, &module, word.word, false));
            self.losses.push(Loss { kind: "tool", names, of: Some(owner.to_owned()), why });
        }
        found.filter(|found| !self.tools.iter().any(|tool| tool.site() == found.site()))
    }
}

/// The configuration of the first agent in a file that has a name: `new LuaAgent({…})`, anywhere in it.
fn agent_config<'a>(
    lookup: Lookup<'_, 'a>,
    module: &Rc<Module<'a>>,
) -> Option<&'a ObjectExpression<'a>> {
    if !module.text.contains("LuaAgent") {
        return None;
    }
    nodes(module).into_iter().find_map(|node| {
        let AstKind::NewExpression(new) = node else { return None };
        let is_agent =
            matches!(&new.callee, Expression::Identifier(name) if name.name == "LuaAgent");
        let Some(Argument::ObjectExpression(config)) = new.arguments.first().filter(|_| is_agent)
        else {
            return None;
        };
        let name = lookup.text(module, assigned(config, "name")?).ok()?;
        // A name that is not known to us may be read there.
        name.is_none_or(|name| !name.is_empty()).then_some(&**config)
    })
}

/// Reason why something is missing, at the place that names it where there is no better one.
fn placed(site: SourceSpan, (found, reason): LossReason) -> LossReason {
    (if found.start == found.end { site } else { found }, reason)
}
