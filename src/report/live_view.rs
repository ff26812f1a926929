//! Live version as JSON: since when, by whom, according to which remote, and the records that were
//! not sent there.

use crate::history::imported;
use crate::history::live::{Live, PromotionRecord, Unsent};
use crate::history::record::{Event, iso};
use crate::history::via::{Via, Vias};
use crate::object::Id;
use serde::Serialize;

/// The keys that every answer about what is live has.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LiveView<'a> {
    #[serde(flatten)]
    told: ToldView<'a>,
    live: Option<ServedView<'a>>,
    active_here: Option<u64>,
    unsent: Option<UnsentView>,
}

/// Remote that answered, and the time of its answer. Without a remote the project itself, now.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ToldView<'a> {
    as_of: Option<String>,
    remote: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ServedView<'a> {
    version: u64,
    since: Option<String>,
    by: Option<&'a str>,
    reason: Option<&'a str>,
    via: Option<ViaView<'a>>,
}

/// Unsent versions and records.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnsentView {
    source: Vec<u64>,
    versions: Vec<u64>,
    promotions: usize,
    deletions: usize,
    undeletions: usize,
}

/// The keys that one of a list has beside its own: whose word its status is, and whether it was sent.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SentView<'a> {
    #[serde(flatten)]
    told: ToldView<'a>,
    unsent: Option<bool>,
}

/// Time, author, reason and token of a version's last promotion; null for a version that was never
/// live.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PromotedView<'a> {
    promoted_at: Option<String>,
    promoted_by: Option<&'a str>,
    promoted_reason: Option<&'a str>,
    promoted_via: Option<ViaView<'a>>,
}

/// Token with which a version was sent to a remote.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ViaView<'a> {
    remote: &'a str,
    /// Its name, where somebody gave it one.
    token: Option<&'a str>,
    token_id: &'a str,
    at: String,
}

impl<'a> LiveView<'a> {
    pub fn new(live: &'a Live, now_ms: i64) -> LiveView<'a> {
        let served = live.served.as_ref();
        LiveView {
            told: ToldView::new(live, now_ms),
            live: served.map(|served| ServedView::new(served.number, served.promoted.as_ref())),
            active_here: live.here,
            unsent: live.unsent.as_ref().map(UnsentView::new),
        }
    }
}

impl<'a> ToldView<'a> {
    fn new(live: &'a Live, now_ms: i64) -> ToldView<'a> {
        let told = live.known_remote.as_ref();
        let at_ms = told.map_or(Some(now_ms), |told| told.at_ms);
        ToldView { as_of: at_ms.map(iso), remote: told.map(|told| &*told.remote) }
    }
}

impl<'a> ServedView<'a> {
    fn new(version: u64, promotion: Option<&'a PromotionRecord>) -> ServedView<'a> {
        let PromotedView { promoted_at, promoted_by, promoted_reason, promoted_via } =
            PromotedView::new(promotion);
        ServedView {
            version,
            since: promoted_at,
            by: promoted_by,
            reason: promoted_reason,
            via: promoted_via,
        }
    }
}

impl UnsentView {
    pub fn new(unsent: &Unsent) -> UnsentView {
        UnsentView {
            source: unsent.source.clone(),
            versions: unsent.versions.clone(),
            promotions: unsent.count(Event::Promote),
            deletions: unsent.count(Event::Delete),
            undeletions: unsent.count(Event::Undelete),
        }
    }
}

impl<'a> SentView<'a> {
    pub fn new(live: &'a Live, now_ms: i64, is_unsent: impl Fn(&Unsent) -> bool) -> SentView<'a> {
        let unsent = live.unsent.as_ref().map(is_unsent);
        SentView { told: ToldView::new(live, now_ms), unsent }
    }
}

impl<'a> PromotedView<'a> {
    pub fn new(promotion: Option<&'a PromotionRecord>) -> PromotedView<'a> {
        let record = promotion.map(|promotion| &promotion.record);
        let dated = record.filter(|record| !imported::is_undated(record));
        let via = promotion.and_then(|promotion| promotion.via.as_ref());
        PromotedView {
            promoted_at: dated.map(|record| iso(record.at_ms)),
            promoted_by: dated.map(|record| &*record.by),
            promoted_reason: record.and_then(|record| record.reason.as_deref()),
            promoted_via: via.map(ViaView::new),
        }
    }
}

impl<'a> ViaView<'a> {
    fn new(via: &'a Via) -> ViaView<'a> {
        ViaView {
            remote: &via.remote,
            token: Some(&*via.token.name).filter(|name| !name.is_empty()),
            token_id: &via.token.id,
            at: iso(i64::try_from(via.at_ms).unwrap_or(i64::MAX)),
        }
    }

    /// Receipt of the record with this id, if a remote has one.
    pub fn of(vias: &'a Vias, id: &Id) -> Option<ViaView<'a>> {
        vias.get(id).map(ViaView::new)
    }
}
