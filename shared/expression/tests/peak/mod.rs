//! Counts what is allocated, for tests of how much memory something takes. Such tests have a binary of their own, and run
//! one at a time: the whole process is counted.
#![allow(unsafe_code, reason = "an allocator is unsafe by its nature; this one only counts")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// The system's allocator, counting.
pub struct Counting;

static USED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static TURN: Mutex<()> = Mutex::new(());

fn more(bytes: usize) {
    let used = USED.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(used, Relaxed);
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: the caller keeps to the same rules.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the pointer came from the same allocator.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() {
            more(size - layout.size());
        } else {
            USED.fetch_sub(layout.size() - size, Relaxed);
        }
        // SAFETY: the pointer came from the same allocator.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Lets a test run alone, as long as it keeps what this gives.
pub fn alone() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes that `act` had allocated at most, beyond those before it, and what it gave.
pub fn peak<T>(act: impl FnOnce() -> T) -> (usize, T) {
    let before = USED.load(Relaxed);
    PEAK.store(before, Relaxed);
    let given = act();
    (PEAK.load(Relaxed).saturating_sub(before), given)
}
