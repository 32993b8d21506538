//! What the C library does with freed memory. An update of a model frees and allocates the same hundreds of megabytes
//! again and again; by default glibc returns such blocks to the kernel, which clears every page anew.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "`mallopt` is a C function; it takes two integers and has no precondition")
)]

/// Asks the C library to keep freed memory for the next allocation instead of returning it to the kernel; does nothing
/// where that library is not glibc. Resident memory then stays at its peak.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (parameter, bytes) in
        [(libc::M_MMAP_THRESHOLD, 1 << 30), (libc::M_TRIM_THRESHOLD, i32::MAX), (libc::M_TOP_PAD, 64 << 20)]
    {
        // SAFETY: see above. A refused value leaves the default, which is only slower.
        unsafe { libc::mallopt(parameter, bytes) };
    }
}
