//! The memory of the cpu device: what the C library does with freed memory, and how much is in use.
#![expect(unsafe_code, reason = "`mallopt` is a C function, and an allocator is an unsafe trait; see each use")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

/// Asks the C library to keep freed memory for the next allocation instead of returning it to the kernel; does nothing
/// where that library is not glibc. Resident memory then stays at its peak.
///
/// An update of a model frees and allocates the same hundreds of megabytes again and again; by default glibc returns such
/// blocks to the kernel, which clears every page anew.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (parameter, bytes) in
        [(libc::M_MMAP_THRESHOLD, 1 << 30), (libc::M_TRIM_THRESHOLD, i32::MAX), (libc::M_TOP_PAD, 64 << 20)]
    {
        // SAFETY: it takes two integers and has no precondition. A refused value leaves the default, which is only slower.
        unsafe { libc::mallopt(parameter, bytes) };
    }
}

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator with a count of the bytes in use, for a program's `#[global_allocator]`.
#[derive(Debug)]
pub struct CountingAllocator;

impl CountingAllocator {
    fn add(size: usize) {
        IS_COUNTING.store(true, Relaxed);
        PEAK.fetch_max(IN_USE.fetch_add(size, Relaxed) + size, Relaxed);
    }
}

// SAFETY: every method hands its arguments to the system's allocator, whose contract is the same.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::add(layout.size());
        // SAFETY: see above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::add(layout.size());
        // SAFETY: see above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: see above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::add(size);
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: see above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Bytes in use on the host; none in a program without [`CountingAllocator`].
pub fn allocated() -> Option<usize> {
    IS_COUNTING.load(Relaxed).then(|| IN_USE.load(Relaxed))
}

/// The most bytes in use since [`reset_peak`]; none in a program without [`CountingAllocator`].
pub fn peak() -> Option<usize> {
    IS_COUNTING.load(Relaxed).then(|| PEAK.load(Relaxed))
}

/// Lets [`peak`] begin anew with what is in use.
pub fn reset_peak() {
    PEAK.store(IN_USE.load(Relaxed), Relaxed);
}
