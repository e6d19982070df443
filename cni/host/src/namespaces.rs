//! The only way into another network namespace: to open something there, and to be back.

use std::{
    cell::OnceCell,
    os::fd::{AsRawFd, OwnedFd, RawFd},
};

use crate::{failure, files, sys_error::SysError};

/// Runs `open` while this thread is in the namespace, and returns to its own. What `open` opened stays there.
///
/// If the way back fails, the process ends at once: to go on in a foreign namespace would configure the wrong machine.
pub fn inside<T>(namespace: RawFd, open: impl FnOnce() -> Result<T, SysError>) -> Result<T, SysError> {
    let own = own()?;
    enter(namespace)?;
    let opened = open();
    if let Err(error) = enter(own) {
        failure::exit(&format!("cannot return to the own network namespace: {error}"));
    }
    opened
}

thread_local! {
    /// The namespace that this thread is in whenever nothing runs `inside` another.
    static OWN: OnceCell<OwnedFd> = const { OnceCell::new() };
}

/// A descriptor of the own namespace, the same every time.
fn own() -> Result<RawFd, SysError> {
    OWN.with(|own| {
        if let Some(open) = own.get() {
            return Ok(open.as_raw_fd());
        }
        let opened = files::open("/proc/thread-self/ns/net", None)?;
        Ok(own.get_or_init(|| opened).as_raw_fd())
    })
}

fn enter(namespace: RawFd) -> Result<(), SysError> {
    // SAFETY: setns only takes numbers; it changes the namespace of this thread alone.
    if unsafe { libc::setns(namespace, libc::CLONE_NEWNET) } != 0 {
        return Err(SysError::last("setns"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current() -> String {
        let own = files::open("/proc/thread-self/ns/net", None).unwrap();
        files::identity(own.as_raw_fd()).unwrap()
    }

    #[test]
    fn a_file_that_is_no_namespace_is_refused_and_nothing_runs() {
        let before = current();
        let file = files::open("/dev/null", None).unwrap();
        let error = inside(file.as_raw_fd(), || -> Result<(), SysError> { unreachable!() }).unwrap_err();
        // EPERM where the test runs without privileges.
        assert!(
            error.errno == libc::EINVAL || error.errno == libc::EPERM,
            "{error}"
        );
        assert_eq!(error.syscall, "setns");
        assert_eq!(current(), before);
    }
}
