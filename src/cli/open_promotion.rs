//! Open promotions on the Lua platform, as `status` and `remote show` name them.

use super::context::Context;
use super::hints;
use super::output::YELLOW;
use crate::deploy::OpenDeployment;
use crate::error::{Hint, Result};
use crate::store::Store;
use serde::Serialize;

/// A promotion that was interrupted.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OpenPromotionView {
    remote: String,
    version: u64,
    /// True while another process is at it.
    under_way: bool,
    /// True if the platform answered that the version is active.
    active: bool,
    /// Parts of the version that are live.
    live: Vec<String>,
    /// Changes whose answers did not arrive: they may be done.
    unanswered: Vec<String>,
    /// Both ways out.
    #[serde(skip)]
    hint: Hint,
}

impl OpenPromotionView {
    pub fn new(store: &Store, open: OpenDeployment) -> OpenPromotionView {
        let hint = open.hint(store);
        let OpenDeployment { remote, number, is_under_way, is_active, live, unanswered } = open;
        let (under_way, active) = (is_under_way, is_active);
        OpenPromotionView { remote, version: number, under_way, active, live, unanswered, hint }
    }

    pub fn all(store: &Store) -> Result<Vec<OpenPromotionView>> {
        let open = OpenDeployment::all(store)?.into_iter();
        Ok(open.map(|one| OpenPromotionView::new(store, one)).collect())
    }

    fn sentence(&self) -> String {
        let OpenPromotionView { remote, version, .. } = self;
        if self.under_way {
            return format!("Another process promotes v{version} to {remote} at this moment.");
        }
        let live = match (self.active, &self.live[..]) {
            (true, _) => format!("v{version} is active there, and not everything was compared"),
            (false, []) => "nothing of it is live".to_owned(),
            (false, parts) => format!("live of it: {}", parts.join(", ")),
        };
        let unanswered = match &self.unanswered[..] {
            [] => String::new(),
            all => format!("; without an answer, so perhaps done: {}", all.join(", ")),
        };
        format!("The promotion of v{version} to {remote} was interrupted: {live}{unanswered}")
    }
}

/// Prints each, with both ways out.
pub fn print(cx: &mut Context<'_>, all: &[OpenPromotionView]) -> Result<()> {
    for one in all {
        let line = cx.out.paint(YELLOW, one.sentence());
        cx.out.line(line)?;
    }
    suggest(cx, all);
    Ok(())
}

/// Both ways out of each.
pub fn suggest(cx: &mut Context<'_>, all: &[OpenPromotionView]) {
    for one in all.iter().filter(|one| !one.under_way) {
        let text = hints::text(&one.hint);
        text.lines().for_each(|line| cx.out.hint(line));
    }
}
