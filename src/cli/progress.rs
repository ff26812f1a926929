//! A bar on stderr for work that takes longer than half a second, on a terminal only; after it the remarks of the work.

use super::context::Context;
use super::output::Output;
use super::term::Term;
use crate::error::Result;
use crate::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(500);
const REDRAW: Duration = Duration::from_millis(100);

/// Kind of the units of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Item,
    Byte,
}

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
    let counts = match unit {
        Unit::Item => "{pos}/{len}",
        Unit::Byte => "{bytes}/{total_bytes} {bytes_per_sec}",
    };
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_message(label);
    bar.set_style(style("{spinner} {msg} {pos}"));
    while goes_on() {
        let (done, total, _) = progress.read();
        if total > 0 && bar.length() != Some(total) {
            bar.set_style(style(&format!("{{msg}} [{{bar:30}}] {counts}")));
            bar.set_length(total);
        }
        bar.set_position(done);
        bar.tick();
    }
    bar.finish_and_clear();
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates of this file are well formed")
}

/// Does long work with a bar on the terminal.
pub fn with_progress<T: Send>(
    cx: &Context<'_>,
    label: &'static str,
    work: impl FnOnce(Progress) -> Result<T>,
) -> Result<T> {
    show(cx.out.term(), label, Unit::Item, |progress| work(progress.clone()))
}
