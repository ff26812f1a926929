//! Report: every sentence and every JSON answer about an agent, its versions and their differences. Facts
//! come from `compare`, and no front end is known here; JSON answers are the types whose names end with `View`.

mod any_version_view;
mod by_kind;
mod change_view;
pub mod compile;
pub mod conflict;
mod diff;
mod file_view;
mod incoming;
mod incoming_view;
mod line;
mod live;
mod live_view;
mod push_view;
mod stock;
pub mod view;

pub use any_version_view::AnyVersionView;
pub use change_view::{ChangeView, UnreadSides};
pub use conflict::{ConflictView, conflict_lines, conflict_sentence};
pub use diff::{
    REBUNDLED, item_lines, lines, part_lines, persona_lines, reached_lines, unread_lines,
};
pub use file_view::FileChangeView;
pub use incoming::{
    behind, brief, incoming_lines, inherited, local_time, moved_lines, newest_lines,
    newest_moved_lines, refusal, refusal_lines, renumbered_lines,
};
pub use incoming_view::{
    IncomingView, LedgerChangeView, PullConflictsView, PulledView, ledger_views,
};
pub use line::{Line, Sign};
pub use live::{according, is_unsent, live_lines, live_since, unsent};
pub use live_view::{LiveView, PromotedView, SentView, UnsentView, ViaView};
pub use push_view::{DistView, NeededView, PushView};
pub use stock::{BuiltView, built_lines};
