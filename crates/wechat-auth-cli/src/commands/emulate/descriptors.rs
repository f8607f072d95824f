//! As many connections as this system lets one program have.

/// Raises the number of file descriptors, which is often 1024, to what the system allows.
/// Only for a process that starts no other: that one would inherit it.
#[cfg(unix)]
pub(super) fn raise() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // With fewer, whoever waits longest makes room.
    let _ = setrlimit(Resource::Nofile, all);
}

#[cfg(not(unix))]
pub(super) const fn raise() {}
