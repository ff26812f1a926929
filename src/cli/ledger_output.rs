//! Ledger output: the records of promotions, deletions and purges, newest first, for `log --ledger`.

use super::answer::{ListLength, answer};
use super::context::Context;
use super::live::View;
use super::print;
use super::proof_view::ProofView;
use crate::error::{Error, Result};
use crate::history::catalog::Catalog;
use crate::history::imported::{PromotionProof, PromotionProofs};
use crate::history::ledger::{self, LedgerEntry};
use crate::history::live::{Live, Unsent};
use crate::history::purge::{self, PurgeDetails};
use crate::history::record;
use crate::history::via::Vias;
use crate::object::Id;
use crate::report::view;
use crate::report::{self, SentView, ViaView};
use serde::Serialize;

/// Prints the newest records.
pub fn print(
    cx: &mut Context<'_>,
    (view, live, catalog): (&View, &Live, &Catalog<'_>),
    limit: usize,
) -> Result<()> {
    let objects = view.store().objects();
    let head = catalog.pointer().map(|active| active.ledger);
    let only_here = live.unsent.iter().flat_map(|unsent| unsent.ledger.iter().cloned().map(Ok));
    // Without the remote's own ledger here, only ours is shown.
    let known = live.served.as_ref().is_none_or(|served| served.promoted.is_some());
    let only_here = only_here.filter(|_| known);
    let mut all = only_here.chain(ledger::steps(objects, head));
    let steps: Vec<LedgerEntry> = all.by_ref().take(limit).collect::<Result<_>>()?;
    // Only the answer for programs counts the records that it leaves out.
    let rest = if cx.out.is_json() { all.count() } else { 0 };
    let vias = Vias::load_with_ledger(view.store(), objects)?;
    let proofs = PromotionProofs::load(view.store())?;
    print_ledger(cx, &Ledger { view, live, catalog, vias, proofs }, &steps, rest)
}

/// A record of the ledger in the answer.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LedgerRow<'a> {
    id: Id,
    event: &'static str,
    version: Option<u64>,
    elsewhere: Option<String>,
    by: &'a str,
    at: String,
    reason: Option<&'a str>,
    /// Objects and ids before and after, of a purge.
    #[serde(skip_serializing_if = "Option::is_none")]
    purge: Option<PurgeDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
    /// Comparison of what ran after a promotion on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<ProofView<'a>>,
    #[serde(flatten)]
    sent: SentView<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LedgerAnswer<'a> {
    records: Vec<LedgerRow<'a>>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(ledger: LedgerAnswer<'_>);

/// The ledger, and what is known of its records.
struct Ledger<'a> {
    view: &'a View,
    live: &'a Live,
    catalog: &'a Catalog<'a>,
    vias: Vias,
    proofs: PromotionProofs,
}

impl Ledger<'_> {
    /// Beside a damaged ref a version may have no number, and what only a remote has may have none here.
    fn number(&self, step: &LedgerEntry) -> Result<Option<u64>> {
        let Some(version) = step.version() else { return Ok(None) };
        match self.catalog.number_of(&version) {
            None if self.catalog.damaged() > 0 || self.view.theirs().is_some() => Ok(None),
            None => Err(Error::corrupt(format!(
                "ledger record {} names a version to which no ref points",
                step.id.short()
            ))
            .hint("run `lua-store fsck` to list what is damaged")),
            number => Ok(number),
        }
    }

    /// A version by its number, by what a remote calls it, or by its id; the number of objects of a purge.
    fn subject(&self, step: &LedgerEntry) -> Result<String> {
        let Some(version) = step.version() else {
            let purge = purge::details(self.view.store().objects(), step)?;
            return Ok(format!("{} object(s)", purge.map_or(0, |purge| purge.objects.len())));
        };
        let id = version.short();
        Ok(match self.number(step)? {
            Some(number) => format!("v{number}"),
            None if self.catalog.damaged() > 0 => format!("{id} (its ref is damaged)"),
            None => self
                .catalog
                .elsewhere(&version)
                .unwrap_or_else(|| format!("{id} (not stored locally)")),
        })
    }

    fn row<'a>(&'a self, step: &'a LedgerEntry) -> Result<LedgerRow<'a>> {
        let LedgerEntry { id, record, .. } = step;
        let number = self.number(step)?;
        let is_unsent = |unsent: &Unsent| report::is_unsent(unsent, step);
        Ok(LedgerRow {
            id: *id,
            event: record.event.word(),
            version: number,
            elsewhere: step
                .version()
                .filter(|_| number.is_none())
                .and_then(|id| self.catalog.elsewhere(&id)),
            by: &record.by,
            at: record::iso(record.at_ms),
            reason: record.reason.as_deref(),
            purge: purge::details(self.view.store().objects(), step)?,
            via: ViaView::of(&self.vias, id),
            proof: self.proofs.of_record(id).map(ProofView::new),
            sent: SentView::new(self.live, self.view.now_ms(), is_unsent),
        })
    }
}

/// Remark on a promotion whose version was compared with what ran after it.
fn proof_word(proof: &PromotionProof) -> &'static str {
    match proof.differs.is_empty() {
        true => "verified on the platform",
        false => "something else ran on the platform",
    }
}

/// Prints these records, after which there are `rest` older ones.
fn print_ledger(
    cx: &mut Context<'_>,
    ledger: &Ledger<'_>,
    steps: &[LedgerEntry],
    rest: usize,
) -> Result<()> {
    let Ledger { view, live, vias, .. } = ledger;
    if cx.out.is_json() {
        let records = steps.iter().map(|step| ledger.row(step)).collect::<Result<_>>()?;
        let length = ListLength::of(steps.len(), steps.len() + rest);
        return cx.out.json(&LedgerAnswer { records, length });
    }
    if steps.is_empty() {
        return cx
            .out
            .line(view.none("nothing was promoted yet", "`lua-store version promote <version>`"));
    }
    cx.page();
    let width = steps.iter().map(|step| step.record.event.word().len()).max().unwrap_or(0).max(7);
    for step in steps {
        let at = record::iso(step.record.at_ms);
        let reason = step.record.reason.as_ref();
        let short = step.id.short();
        let event = step.record.event.word();
        let subject = ledger.subject(step)?;
        let by = format!("{}{}", step.record.by, vias.after(&step.id));
        let here = live.unsent.as_ref().is_some_and(|unsent| report::is_unsent(unsent, step));
        let here = if here { "  (local only)" } else { "" };
        let at = view::minute_of(&at);
        let head = format!("{at}  {event:<width$} {subject}");
        let by = format!("by {by}");
        let proof = ledger.proofs.of_record(&step.id).map_or("", proof_word);
        let reason = reason.map_or("", |reason| reason.as_str());
        let remarks = [by.as_str(), reason, here.trim_start(), proof];
        print::entry(cx.out, &short, &head, &remarks)?;
    }
    Ok(())
}
