//! Reads of a map that the disk cannot serve: of a file that was cut short under it, or of a bad sector. The system answers
//! one with the signal SIGBUS, which ends the process. Here the page becomes one of zeros and its map is marked as
//! torn: whoever reads finds bytes that have another hash, which is damage of one file and of nothing else.

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A range that nobody uses begins here, and one that is being taken there: no map ever does.
const FREE: usize = 0;
const TAKEN: usize = usize::MAX;

static RANGES: Range = Range::new();
static PAGE: AtomicUsize = AtomicUsize::new(0);
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

/// Memory that is watched over. They are a list that only grows, and each is used again: a signal may come at any time,
/// so that what handles it can neither wait nor find one gone.
struct Range {
    start: AtomicUsize,
    end: AtomicUsize,
    is_torn: AtomicBool,
    next: OnceLock<&'static Range>,
}

impl Range {
    const fn new() -> Range {
        let (start, end) = (AtomicUsize::new(FREE), AtomicUsize::new(0));
        Range { start, end, is_torn: AtomicBool::new(false), next: OnceLock::new() }
    }

    fn all() -> impl Iterator<Item = &'static Range> {
        std::iter::successors(Some(&RANGES), |range| range.next.get().copied())
    }

    fn has(&self, address: usize) -> bool {
        (self.start.load(Ordering::Acquire)..self.end.load(Ordering::Acquire)).contains(&address)
    }

    fn take(&self) -> bool {
        self.start.compare_exchange(FREE, TAKEN, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// One that nobody uses.
    fn taken() -> &'static Range {
        loop {
            if let Some(free) = Range::all().find(|range| range.take()) {
                return free;
            }
            let new: &'static Range = Box::leak(Box::new(Range::new()));
            while let Some(last) = Range::all().last()
                && last.next.set(new).is_err()
            {}
        }
    }
}

/// Watches over a map, until it is dropped.
pub struct Watch(&'static Range);

impl Watch {
    pub fn over(map: &[u8]) -> Watch {
        install();
        let range = Range::taken();
        let start = map.as_ptr() as usize;
        range.is_torn.store(false, Ordering::Relaxed);
        range.end.store(start + map.len(), Ordering::Release);
        range.start.store(start, Ordering::Release);
        Watch(range)
    }

    /// True if some of it could not be read, and is zeros since.
    pub fn is_torn(&self) -> bool {
        self.0.is_torn.load(Ordering::Acquire)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.end.store(0, Ordering::Release);
        self.0.start.store(FREE, Ordering::Release);
    }
}

/// Once in a process, before its first map.
#[allow(unsafe_code, reason = "the standard library cannot handle a signal")]
fn install() {
    BEFORE.get_or_init(|| {
        // SAFETY: both structures are plain data that the calls fill in or read; the handler does nothing but look at
        // atomics that live for ever, and two system calls.
        unsafe {
            PAGE.store(libc::sysconf(libc::_SC_PAGESIZE) as usize, Ordering::Release);
            let mut before: libc::sigaction = std::mem::zeroed();
            let mut ours: libc::sigaction = std::mem::zeroed();
            ours.sa_sigaction = on_bus_error as *const () as usize;
            ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(libc::SIGBUS, &ours, &mut before);
            before
        }
    });
}

/// Puts zeros in the place of the page that could not be read. What is no map of ours ends the process as it always did:
/// the handler from before takes our place, and the same read fails again.
#[allow(unsafe_code, reason = "the standard library cannot replace a page")]
extern "C" fn on_bus_error(_: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the system gives what it says it gives. The page belongs to a read-only map of a whole file that is alive,
    // as its range is in the list, so that nothing else is there that could be lost.
    unsafe {
        let address = (*info).si_addr() as usize;
        if let Some(range) = Range::all().find(|range| range.has(address)) {
            let page = PAGE.load(Ordering::Acquire);
            let start = (address - address % page) as *mut c_void;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_FIXED;
            if libc::mmap(start, page, libc::PROT_READ, flags, -1, 0) == start {
                range.is_torn.store(true, Ordering::Release);
                return;
            }
        }
        let before = BEFORE.get().map_or(std::ptr::null(), std::ptr::from_ref);
        if before.is_null() || libc::sigaction(libc::SIGBUS, before, std::ptr::null_mut()) != 0 {
            libc::abort();
        }
    }
}
