//! A bar on stderr for work that takes longer than half a second, on a terminal only; after it the remarks of the work.

use super::context::Context;
use super::output::Output;
use super::term::{self, Term};
use crate::error::Result;
use crate::progress::{CountedPhase, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

pub use crate::progress::Unit;

const PATIENCE: Duration = Duration::from_millis(500);
const REDRAW: Duration = Duration::from_millis(100);

/// Does the work, shows how it goes on while it lasts, and says what it remarked, be it done or not.
pub fn show<T: Send>(
    term: &Term,
    label: &'static str,
    unit: Unit,
    work: impl FnOnce(&Progress) -> T,
) -> T {
    let progress = Progress::default();
    let result = match term.stderr {
        true => watch(&progress, label, unit, work),
        false => work(&progress),
    };
    let mut out = Output::new(*term, false);
    progress.remarks().into_iter().for_each(|remark| out.warn(remark));
    result
}

fn watch<T: Send>(
    progress: &Progress,
    label: &'static str,
    unit: Unit,
    work: impl FnOnce(&Progress) -> T,
) -> T {
    std::thread::scope(|scope| {
        let (done, waiting) = channel::<()>();
        let watched = progress.clone();
        // Without a thread there is no bar.
        let _ = std::thread::Builder::new().spawn_scoped(scope, move || {
            if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                draw(label, unit, &watched, || {
                    waiting.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout)
                });
            }
        });
        let result = work(progress);
        finish(done);
        result
    })
}

/// Hanging up is the signal.
fn finish(done: Sender<()>) {
    drop(done);
}

fn draw(label: &'static str, unit: Unit, progress: &Progress, goes_on: impl Fn() -> bool) {
    let named = CountedPhase { label, unit };
    let mut shown = (named, 0);
    let mut bar = bar(named, 0);
    while goes_on() {
        let phase = progress.phase().unwrap_or(named);
        let (done, total, _) = progress.read();
        if shown != (phase, total) {
            bar.finish_and_clear();
            bar = self::bar(phase, total);
            shown = (phase, total);
        }
        bar.set_position(done);
        bar.tick();
    }
    bar.finish_and_clear();
}

/// A bar of one phase, complete before its first frame. A total of 0 is one that nobody knows.
fn bar(phase: CountedPhase, total: u64) -> ProgressBar {
    let target = ProgressDrawTarget::stderr();
    let template = template(phase.unit, total > 0, term::size().1);
    let style = ProgressStyle::with_template(&template).expect("the templates are well formed");
    ProgressBar::with_draw_target((total > 0).then_some(total), target)
        .with_style(style)
        .with_message(phase.label)
}

/// The longest label is `Compacting`. What does not fit is left out, the bar last: a line that wraps is drawn anew below itself.
fn template(unit: Unit, is_total_known: bool, columns: usize) -> String {
    let (counts, wide) = match (unit, is_total_known) {
        (Unit::Item, false) => return "{spinner} {msg} {pos}".to_owned(),
        (Unit::Byte, false) => return "{spinner} {msg} {bytes}".to_owned(),
        (Unit::Item, true) => ("{pos}/{len}", 15),
        (Unit::Byte, true) if columns < 60 => ("{bytes}/{total_bytes}", 23),
        (Unit::Byte, true) => ("{bytes}/{total_bytes} {bytes_per_sec}", 40),
    };
    let free = columns.saturating_sub(wide + "Compacting".len() + "[] ".len() + 2);
    match free.min(30) {
        0..=4 => format!("{{msg}} {counts}"),
        bar => format!("{{msg}} [{{bar:{bar}}}] {counts}"),
    }
}

/// Does long work with a bar on the terminal.
pub fn with_progress<T: Send>(
    cx: &Context<'_>,
    label: &'static str,
    work: impl FnOnce(Progress) -> Result<T>,
) -> Result<T> {
    show(cx.out.term(), label, Unit::Item, |progress| work(progress.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fits_the_terminal() {
        for columns in [24, 40, 50, 60, 80, 200] {
            for (unit, counts) in
                [(Unit::Item, 15), (Unit::Byte, if columns < 60 { 23 } else { 40 })]
            {
                let template = template(unit, true, columns);
                let bar = template.split_once("{bar:").map_or(0, |(_, rest)| {
                    rest.split_once('}').unwrap().0.parse::<usize>().unwrap() + "[] ".len()
                });
                let needed = "Compacting ".len() + bar + counts;
                assert!(needed < columns || bar == 0, "{columns}: {template}");
                assert!(bar > 0 || columns < 50, "{columns}: {template}");
            }
        }
    }
}
