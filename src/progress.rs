//! Progress of long work. The library only counts and remarks; the command line decides what to
//! draw.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Kind of the units of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Item,
    Byte,
}

/// One part of the work, counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedPhase {
    /// `Receiving`
    pub label: &'static str,
    pub unit: Unit,
}

/// Counters that worker threads raise and a drawing thread reads. Cheap to clone and to ignore.
#[derive(Clone, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Default)]
struct Counters {
    done: AtomicU64,
    total: AtomicU64,
    bytes: AtomicU64,
    /// The phase that began last. Without one the work has a single phase, which its caller named.
    phase: Mutex<Option<CountedPhase>>,
    remarks: Mutex<Vec<String>>,
}

impl Progress {
    /// Begins another phase: what was counted before belongs to the one before.
    pub fn begin(&self, label: &'static str, unit: Unit) {
        let mut phase = self.0.phase.lock().unwrap_or_else(PoisonError::into_inner);
        for counter in [&self.0.done, &self.0.total, &self.0.bytes] {
            counter.store(0, Ordering::Relaxed);
        }
        *phase = Some(CountedPhase { label, unit });
    }

    /// The phase that began last.
    pub fn phase(&self) -> Option<CountedPhase> {
        *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces `items` more units of work.
    pub fn expect(&self, items: u64) {
        self.0.total.fetch_add(items, Ordering::Relaxed);
    }

    /// One unit of work of `bytes` bytes is done.
    pub fn advance(&self, bytes: u64) {
        self.0.done.fetch_add(1, Ordering::Relaxed);
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Leaves a remark that the person must read, however the work ends.
    pub fn remark(&self, remark: String) {
        self.0.remarks.lock().unwrap_or_else(PoisonError::into_inner).push(remark);
    }

    /// The remarks so far.
    pub fn remarks(&self) -> Vec<String> {
        self.0.remarks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// (done, total, bytes) so far. Total is zero where nobody knows it.
    pub fn read(&self) -> (u64, u64, u64) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (load(&self.0.done), load(&self.0.total), load(&self.0.bytes))
    }
}

/// Counts the bytes of one transfer as units of work. A transfer that begins again is not counted twice.
pub struct ByteProgress<'a> {
    progress: &'a Progress,
    counted: u64,
}

impl ByteProgress<'_> {
    /// Announces a transfer of `total` bytes.
    pub fn expect(progress: &Progress, total: u64) -> ByteProgress<'_> {
        progress.expect(total);
        ByteProgress { progress, counted: 0 }
    }

    /// The transfer has come to this offset.
    pub fn reached(&mut self, offset: u64) {
        let new = offset.saturating_sub(self.counted);
        self.progress.0.done.fetch_add(new, Ordering::Relaxed);
        self.progress.0.bytes.fetch_add(new, Ordering::Relaxed);
        self.counted += new;
    }
}
