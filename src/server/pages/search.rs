//! Search of an agent: its records, and the content of one version.

use super::answers::PageAnswer;
use super::history::{AgentHistory, numbered};
use crate::compare;
use crate::error::Result;
use crate::history::ledger;
use crate::history::state::State;
use crate::model::numbers::PERSONA;
use crate::object::{self, Id, Mode, Source};
use crate::page::{LONGEST_QUERY, SearchHit, SearchPage, address, search_page};
use crate::report::view;

/// Most results.
const MOST: usize = 200;
/// Larger files are not searched.
const LARGE: u64 = 512 << 10;
/// Bytes of files that one search reads at most.
const ROOM: u64 = 32 << 20;
/// Letters of a line that are shown before the text, and in all.
const BEFORE: usize = 40;
const SHOWN: usize = 160;

/// Results so far.
struct TextSearch {
    /// In lower case.
    wanted: String,
    hits: Vec<SearchHit>,
    has_more: bool,
    left_out: usize,
}

/// `/-/search?q=`
pub fn search(history: &AgentHistory<'_>) -> Result<PageAnswer> {
    let query = history.query();
    let field = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
    let (text, version) = (field("q"), field("version").to_lowercase());
    let letters = text.chars().count();
    let mut refused = (letters > LONGEST_QUERY)
        .then(|| format!("A text has 1 to {LONGEST_QUERY} letters; this one has {letters}."));
    let number = match number(history, &version) {
        Ok(number) => number,
        Err(error) => {
            refused = refused.or(Some(error.message().to_owned()));
            None
        }
    };
    let mut found =
        TextSearch { wanted: text.to_lowercase(), hits: Vec::new(), has_more: false, left_out: 0 };
    if refused.is_none() && letters > 0 {
        found.records(history)?;
        number.map_or(Ok(()), |number| found.content(history, number))?;
    }
    let page = SearchPage {
        agent: history.agent(),
        query: text.chars().take(LONGEST_QUERY).collect(),
        version: version.chars().take(30).collect(),
        searched: number,
        hits: found.hits,
        has_more: found.has_more,
        left_out: found.left_out,
        refused,
        newest: history.newest(),
    };
    Ok(PageAnswer::Html(search_page(&page, &history.asked.visitor)))
}

/// Version whose content is searched: the live one, or else the newest.
fn number(history: &AgentHistory<'_>, version: &str) -> Result<Option<u64>> {
    let view = &history.look.view;
    match version {
        "" => Ok(view.active().or_else(|| view.newest_version().map(|(number, _)| number))),
        digits if digits.starts_with(|first: char| first.is_ascii_digit()) => {
            history.number(&format!("v{digits}")).map(|named| Some(named.number()))
        }
        name => history.number(name).map(|named| Some(named.number())),
    }
}

impl TextSearch {
    fn is_full(&mut self) -> bool {
        self.has_more |= self.hits.len() >= MOST;
        self.has_more
    }

    /// Adds a place if its text contains what is wanted. The rest is made for hits alone.
    fn match_text(&mut self, text: &str, place: impl FnOnce() -> (String, String)) {
        let lower = text.to_lowercase();
        let Some(at) = lower.find(&self.wanted) else { return };
        if self.is_full() {
            return;
        }
        let before = lower[..at].chars().count().saturating_sub(BEFORE);
        let (place, address) = place();
        let text = text.chars().skip(before).take(SHOWN).collect();
        self.hits.push(SearchHit { place, address, text });
    }

    /// Numbers, messages, reasons and authors, newest first.
    fn records(&mut self, history: &AgentHistory<'_>) -> Result<()> {
        let (view, agent) = (&history.look.view, history.agent());
        let wanted = self.wanted.clone();
        let number = numbered(&wanted).or_else(|| numbered(&format!("v{wanted}")));
        if let Some((number, row)) = number.and_then(|number| Some((number, view.version(number)?)))
        {
            let text = row.meta.message.clone().unwrap_or_default();
            let address = address::version(agent, number);
            self.hits.push(SearchHit { place: format!("v{number}"), address, text });
        }
        for (number, row) in view.versions() {
            let there =
                |what: &str| (format!("{what} of v{number}"), address::version(agent, number));
            self.match_text(row.meta.message.as_deref().unwrap_or_default(), || there("message"));
            self.match_text(&row.meta.by, || there("author"));
        }
        for step in ledger::steps(history.objects(), view.heads.active.map(|live| live.ledger)) {
            let item = history.item(&step?);
            let there = |what: &str| {
                let of = item.version.map_or(String::new(), |number| format!(" of v{number}"));
                (format!("{what} of the {}{of}", item.event), address::ledger(agent))
            };
            self.match_text(item.reason.as_deref().unwrap_or_default(), || there("reason"));
            self.match_text(&item.by, || there("author"));
        }
        for (number, row) in view.sources() {
            let there = |what: &str| {
                (format!("{what} of source v{number}"), address::source(agent, number))
            };
            self.match_text(row.record.message.as_deref().unwrap_or_default(), || there("message"));
            self.match_text(&row.record.by, || there("author"));
        }
        Ok(())
    }

    /// Names of primitives, the persona and the files of a version.
    fn content(&mut self, history: &AgentHistory<'_>, number: u64) -> Result<()> {
        let (objects, version) = (history.objects(), history.load(number)?);
        let there = || address::version(history.agent(), number);
        for (kind, items) in view::snapshot(objects, &version.state)?.kinds.0 {
            for item in items {
                let shown = match &item.version {
                    Some(number) => format!("{} {number}", item.name),
                    None => item.name.clone(),
                };
                self.match_text(&shown, || {
                    (format!("{} of v{number}", kind.label.to_lowercase()), there())
                });
            }
        }
        let state = State::load(objects, &version.state)?;
        let persona = state.numbers.get(PERSONA).and_then(|number| number.parse().ok());
        if let Some(content) = compare::persona(objects, &state)? {
            for line in content.text.lines() {
                self.match_text(line, || {
                    let place =
                        persona.map_or(there(), |one| address::persona(history.agent(), one));
                    (format!("persona of v{number}"), place)
                });
            }
        }
        self.files(history, number, version.source)
    }

    fn files(&mut self, history: &AgentHistory<'_>, number: u64, tree: Id) -> Result<()> {
        let (objects, agent, mut room) = (history.objects(), history.agent(), ROOM);
        for (path, mode, id) in object::leaves(objects, tree)? {
            self.match_text(&path, || (path.clone(), address::files(agent, number, &path)));
            let length = super::files::length(objects, &id)?;
            if mode == Mode::Symlink || length > LARGE.min(room) {
                self.left_out += 1;
                continue;
            }
            if self.is_full() {
                return Ok(());
            }
            room -= length;
            let bytes = objects.blob(&id)?;
            if object::is_binary(&bytes) {
                self.left_out += 1;
                continue;
            }
            for (line, text) in (1..).zip(String::from_utf8_lossy(&bytes).lines()) {
                self.match_text(text, || {
                    let address = format!("{}#L{line}", address::files(agent, number, &path));
                    (format!("{path}:{line}"), address)
                });
            }
        }
        Ok(())
    }
}
