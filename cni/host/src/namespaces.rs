//! The only way into another network namespace: to open something there, and to be back.

use core::{
    mem,
    sync::atomic::{AtomicI32, Ordering},
};

use crate::{failure, files, sys_error::SysError, system_call};

/// Runs `open` while this thread is in the namespace, and returns to its own. What `open` opened stays there.
///
/// If the way back fails, the process ends at once: to go on in a foreign namespace would configure the wrong machine.
pub fn inside<T>(namespace: i32, open: impl FnOnce() -> Result<T, SysError>) -> Result<T, SysError> {
    let own = own()?;
    enter(namespace)?;
    let opened = open();
    if let Err(error) = enter(own) {
        failure::exit(&format_args!(
            "cannot return to the own network namespace: {error}"
        ));
    }
    opened
}

/// A descriptor of the namespace that the program's thread is in whenever nothing runs `inside` another; none yet.
static OWN: AtomicI32 = AtomicI32::new(-1);

/// A descriptor of the own namespace, the same every time.
fn own() -> Result<i32, SysError> {
    let known = OWN.load(Ordering::Relaxed);
    if known >= 0 {
        return Ok(known);
    }
    let opened = files::open("/proc/thread-self/ns/net", None)?;
    let descriptor = opened.number();
    // It stays open until the process ends.
    mem::forget(opened);
    OWN.store(descriptor, Ordering::Relaxed);
    Ok(descriptor)
}

fn enter(namespace: i32) -> Result<(), SysError> {
    system_call::set_network_namespace(namespace).map_err(SysError::from_call("setns"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use linux_raw_sys::errno;

    fn current() -> String {
        let own = files::open("/proc/thread-self/ns/net", None).unwrap();
        files::identity(own.number()).unwrap()
    }

    #[test]
    fn a_file_that_is_no_namespace_is_refused_and_nothing_runs() {
        let before = current();
        let file = files::open("/dev/null", None).unwrap();
        let error = inside(file.number(), || -> Result<(), SysError> { unreachable!() }).unwrap_err();
        // EPERM where the test runs without privileges.
        assert!(
            error.errno == errno::EINVAL || error.errno == errno::EPERM,
            "{error}"
        );
        assert_eq!(error.syscall, "setns");
        assert_eq!(current(), before);
    }
}
