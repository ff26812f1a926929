//! Zstd contexts with their scratch buffers, lent to one thread at a time.
//!
//! Making a context costs more than compressing a small object, so a few are kept, for the whole program: a server has
//! hundreds of threads, and with a context each it would grow until the last of them had compressed something large.

use std::sync::{Mutex, MutexGuard, PoisonError};
use zstd::zstd_safe::{CCtx, DCtx};

/// No more threads than this compress at once for long.
const MOST_KEPT: usize = 8;

/// Tools that grew beyond this are not kept: what made them grow took longer than making new ones.
const MOST_BYTES: usize = 4 << 20;

pub(super) struct ZstdContexts {
    pub compressor: CCtx<'static>,
    pub decompressor: DCtx<'static>,
    pub scratch: Vec<u8>,
}

impl ZstdContexts {
    fn new() -> ZstdContexts {
        ZstdContexts {
            compressor: CCtx::create(),
            decompressor: DCtx::create(),
            scratch: Vec::new(),
        }
    }

    fn bytes(&self) -> usize {
        self.compressor.sizeof() + self.decompressor.sizeof() + self.scratch.capacity()
    }
}

/// Tools that nobody uses just now.
pub(super) struct ContextPool(Mutex<Vec<ZstdContexts>>);

impl ContextPool {
    pub const fn new() -> ContextPool {
        ContextPool(Mutex::new(Vec::new()))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<ZstdContexts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that were used last are still in the processor's cache.
    pub fn with_context<T>(&self, work: impl FnOnce(&mut ZstdContexts) -> T) -> T {
        let kept = self.idle().pop();
        let mut tools = kept.unwrap_or_else(ZstdContexts::new);
        let done = work(&mut tools);
        self.put_back(tools);
        done
    }

    fn put_back(&self, tools: ZstdContexts) {
        let is_small = tools.bytes() <= MOST_BYTES;
        let mut idle = self.idle();
        if is_small && idle.len() < MOST_KEPT {
            idle.push(tools);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    fn held(shelf: &ContextPool) -> (usize, usize) {
        let idle = shelf.idle();
        (idle.len(), idle.iter().map(ZstdContexts::bytes).sum())
    }

    #[test]
    fn however_many_threads_compress_only_a_few_tools_are_kept() {
        const THREADS: usize = 4 * MOST_KEPT;
        let (shelf, all) = (ContextPool::new(), Barrier::new(THREADS));
        let work = || {
            shelf.with_context(|tools| {
                // All have tools in hand at once, and all of them grow.
                all.wait();
                tools.scratch.reserve(1 << 20);
                let text = vec![7; 256 << 10];
                tools.compressor.compress(&mut tools.scratch, &text, 3).unwrap()
            })
        };
        std::thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
        let (kept, bytes) = held(&shelf);
        assert_eq!(kept, MOST_KEPT);
        assert!(bytes > MOST_KEPT << 20, "what a tool has grown to is counted: {bytes}");
        assert!(bytes <= MOST_KEPT * MOST_BYTES, "{bytes}");
    }

    #[test]
    fn tools_are_used_again_unless_they_grew_too_large() {
        let shelf = ContextPool::new();
        shelf.with_context(|tools| tools.scratch.reserve(1000));
        assert!(shelf.with_context(|tools| tools.scratch.capacity()) >= 1000, "the same ones");
        shelf.with_context(|tools| tools.scratch.reserve(MOST_BYTES));
        assert_eq!(held(&shelf), (0, 0));
    }
}
