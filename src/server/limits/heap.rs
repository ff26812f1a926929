//! The heap: how much of what was freed the allocator of the system keeps for each thread.

/// More arenas than this spare no thread a wait that could be measured.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MOST_ARENAS: usize = 8;

/// Larger blocks go back to the system as soon as they are freed, and so does so much at the end of an arena: the
/// lists of an agent with thousands of versions, which each swap copies. The pieces of a download, of 256 KiB, stay.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 384 << 10;

/// Lets all threads share one arena for each processor. By default glibc gives each new thread an arena of its own, up
/// to eight for each processor: what one thread freed none of another arena can use, so that a server with hundreds of
/// threads grows until each arena has held the largest request. Called before there are threads.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "the standard library has no word for the allocator of the system")]
pub fn share() {
    let arenas = crate::parallel::processors().clamp(2, MOST_ARENAS) as libc::c_int;
    // SAFETY: sets numbers of the allocator, under its own lock. Where it refuses, nothing changes.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, arenas);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE);
    }
}

/// Other allocators bound this by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn share() {}
