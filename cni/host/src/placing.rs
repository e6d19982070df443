//! Files that are exchanged as a whole, and what this executable is beside others.

use alloc::{ffi::CString, format, string::String, vec::Vec};
use core::ffi::CStr;

use linux_raw_sys::{
    errno,
    general::{O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY, stat},
};

use crate::{
    process,
    sys_error::SysError,
    system_call::{self, Descriptor, serving as call},
};

/// The executable that runs, also when its file has another name by now, or none.
const SELF: &CStr = c"/proc/self/exe";

/// What is read of a file at once.
const STEP: usize = 32 << 10;

/// An executable of ours has about two megabytes.
const LONGEST: usize = 64 << 20;

fn with_path<T>(
    path: &str,
    syscall: &'static str,
    run: impl FnOnce(&CStr) -> system_call::Result<T>,
) -> Result<T, SysError> {
    CString::new(path)
        .map_err(|_| errno::EINVAL)
        .and_then(|path| run(&path))
        .map_err(|errno| SysError::new(errno, syscall).at(path))
}

/// What is known of a path without opening it: none if there is nothing.
pub fn status(path: &str) -> Result<Option<stat>, SysError> {
    match with_path(path, "newfstatat", call::status) {
        Ok(status) => Ok(Some(status)),
        Err(error) if matches!(error.errno, errno::ENOENT | errno::ENOTDIR) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Device and inode, as `files::identity`.
pub fn identity(status: &stat) -> String {
    format!("{}:{}", status.st_dev, status.st_ino)
}

/// Makes a file with exactly that mode, has it filled, and waits for the disk.
fn create(path: &str, mode: u32, fill: impl FnOnce(i32) -> Result<(), SysError>) -> Result<(), SysError> {
    let file = with_path(path, "open", |path| {
        system_call::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    })?;
    fill(file.number()).map_err(|error| error.at(path))?;
    let finish = |result: system_call::Result<()>, syscall| {
        result.map_err(|errno| SysError::new(errno, syscall).at(path))
    };
    // After the content: whoever starts it too early is refused.
    finish(call::change_mode(file.number(), mode), "fchmod")?;
    finish(call::sync(file.number()), "fsync")
}

/// Makes a file with all of the text.
pub fn write_durably(path: &str, text: &str, mode: u32) -> Result<(), SysError> {
    create(path, mode, |file| {
        system_call::write(file, text.as_bytes()).map_err(SysError::from_call("write"))
    })
}

fn open_self() -> Result<Descriptor, SysError> {
    system_call::open(SELF, O_RDONLY, 0).map_err(|errno| SysError::new(errno, "open").at("/proc/self/exe"))
}

/// Makes a copy of this executable.
pub fn copy_executable(path: &str) -> Result<(), SysError> {
    let own = open_self()?;
    create(path, 0o755, |file| {
        loop {
            match call::send_file(own.number(), file, 1 << 20) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(errno) => return Err(SysError::new(errno, "sendfile")),
            }
        }
    })
}

/// What a file is to this executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinship {
    /// It has the same content.
    Same,
    /// It is another build of this program: it says so where this one says which build it is.
    Build,
    /// It is something else.
    Other,
}

/// Compares a file with this executable.
pub fn compare_executable(path: &str) -> Result<Kinship, SysError> {
    let at = |errno| SysError::new(errno, "read").at(path);
    if has_our_content(&open_to_read(path)?).map_err(at)? {
        Ok(Kinship::Same)
    } else if holds(&open_to_read(path)?, process::BUILD_MARK.as_bytes()).map_err(at)? {
        Ok(Kinship::Build)
    } else {
        Ok(Kinship::Other)
    }
}

fn open_to_read(path: &str) -> Result<Descriptor, SysError> {
    with_path(path, "open", |path| {
        system_call::open(path, O_RDONLY | O_NONBLOCK, 0)
    })
}

fn has_our_content(file: &Descriptor) -> system_call::Result<bool> {
    let own = system_call::open(SELF, O_RDONLY, 0)?;
    let (mut theirs, mut ours) = (Vec::with_capacity(STEP), Vec::with_capacity(STEP));
    loop {
        fill(file.number(), &mut theirs)?;
        fill(own.number(), &mut ours)?;
        if theirs != ours {
            return Ok(false);
        }
        if theirs.is_empty() {
            return Ok(true);
        }
    }
}

/// Whether that stands anywhere in a file.
fn holds(file: &Descriptor, mark: &[u8]) -> system_call::Result<bool> {
    let mut step = Vec::with_capacity(STEP);
    // With the end of what was read before: the mark may lie across two steps.
    let mut window = Vec::with_capacity(STEP + mark.len());
    let mut length = 0;
    loop {
        fill(file.number(), &mut step)?;
        length += step.len();
        if step.is_empty() || length > LONGEST {
            return Ok(false);
        }
        window.extend_from_slice(&step);
        if window.windows(mark.len()).any(|bytes| bytes == mark) {
            return Ok(true);
        }
        window.drain(..window.len().saturating_sub(mark.len() - 1));
    }
}

/// Reads until the buffer is full, or the file is at its end.
fn fill(file: i32, buffer: &mut Vec<u8>) -> system_call::Result<()> {
    buffer.clear();
    while buffer.len() < STEP {
        let room = STEP - buffer.len();
        let count = system_call::read(file, &mut buffer.spare_capacity_mut()[..room])?;
        if count == 0 {
            break;
        }
        // SAFETY: the kernel has written that many bytes behind the others.
        unsafe { buffer.set_len(buffer.len() + count) };
    }
    Ok(())
}

/// Gives a file another name.
pub fn rename(from: &str, to: &str) -> Result<(), SysError> {
    with_path(from, "rename", |from| match CString::new(to) {
        Ok(to) => call::rename(from, &to),
        Err(_) => Err(errno::EINVAL),
    })
}

/// Whether the exclusive flock(2) could be had at once.
pub fn try_lock(descriptor: i32) -> Result<bool, SysError> {
    match system_call::try_lock(descriptor) {
        Ok(()) => Ok(true),
        Err(errno::EAGAIN) => Ok(false),
        Err(error) => Err(SysError::new(error, "flock")),
    }
}

/// Waits until the disk has the names in the folder.
pub fn sync_folder(path: &str) -> Result<(), SysError> {
    let folder = with_path(path, "open", |path| {
        system_call::open(path, O_RDONLY | O_DIRECTORY, 0)
    })?;
    call::sync(folder.number()).map_err(|errno| SysError::new(errno, "fsync").at(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::Folder;
    use std::{fs, os::unix::fs::PermissionsExt};

    fn mode(path: &str) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_has_exactly_its_mode_and_all_of_its_text() {
        let folder = Folder::new("placing-write");
        for (name, wanted) in [("a", 0o600), ("b", 0o644), ("c", 0o666), ("d", 0o777)] {
            write_durably(&folder.path(name), "text", wanted).unwrap();
            assert_eq!(mode(&folder.path(name)), wanted);
            assert_eq!(fs::read_to_string(folder.path(name)).unwrap(), "text");
        }
        assert_eq!(
            write_durably(&folder.path("a"), "x", 0o600).unwrap_err(),
            SysError::new(errno::EEXIST, "open").at(&folder.path("a"))
        );
        // Not where a link leads to.
        std::os::unix::fs::symlink(folder.path("elsewhere"), folder.path("link")).unwrap();
        let error = write_durably(&folder.path("link"), "x", 0o600).unwrap_err();
        assert_eq!(error.errno, errno::EEXIST);
        sync_folder(&folder.path("")).unwrap();
    }

    #[test]
    fn a_copy_of_the_executable_is_the_same() {
        let folder = Folder::new("placing-copy");
        let copy = folder.path("copy");
        copy_executable(&copy).unwrap();
        assert_eq!(mode(&copy), 0o755);
        assert_eq!(compare_executable(&copy), Ok(Kinship::Same));
        assert_eq!(
            fs::read(&copy).unwrap(),
            fs::read(std::env::current_exe().unwrap()).unwrap()
        );
        // Longer and shorter ones are not.
        let whole = fs::read(&copy).unwrap();
        fs::write(folder.path("short"), &whole[..whole.len() - 1]).unwrap();
        fs::write(folder.path("long"), [&whole[..], b"x"].concat()).unwrap();
        for name in ["short", "long"] {
            assert_ne!(compare_executable(&folder.path(name)), Ok(Kinship::Same));
        }
    }

    #[test]
    fn another_build_says_that_it_is_one_wherever_that_stands() {
        let folder = Folder::new("placing-build");
        let mark = process::BUILD_MARK.as_bytes();
        for offset in [0, 1, STEP - mark.len(), STEP - 1, STEP, STEP + 1, 3 * STEP - 5] {
            let content = [&vec![b'x'; offset][..], mark, b"tail"].concat();
            fs::write(folder.path("f"), content).unwrap();
            assert_eq!(
                compare_executable(&folder.path("f")),
                Ok(Kinship::Build),
                "{offset}"
            );
        }
        for content in [&b""[..], b"x", &mark[1..], &vec![0; 2 * STEP]] {
            fs::write(folder.path("f"), content).unwrap();
            assert_eq!(compare_executable(&folder.path("f")), Ok(Kinship::Other));
        }
        // One that has no end.
        assert_eq!(compare_executable("/dev/zero"), Ok(Kinship::Other));
    }

    #[test]
    fn status_is_of_the_link_and_not_of_its_target() {
        let folder = Folder::new("placing-status");
        assert!(status(&folder.path("missing")).unwrap().is_none());
        write_durably(&folder.path("file"), "text", 0o640).unwrap();
        std::os::unix::fs::symlink("file", folder.path("link")).unwrap();
        let file = status(&folder.path("file")).unwrap().unwrap();
        let link = status(&folder.path("link")).unwrap().unwrap();
        assert_eq!((file.st_size, file.st_mode & 0o7777), (4, 0o640));
        assert_ne!(identity(&file), identity(&link));
        assert!(status(&folder.path("file/x")).unwrap().is_none());
    }

    #[test]
    fn a_lock_that_somebody_has_is_not_waited_for() {
        let folder = Folder::new("placing-lock");
        let one = crate::files::open(&folder.path("lock"), Some(0o600)).unwrap();
        let two = crate::files::open(&folder.path("lock"), None).unwrap();
        assert_eq!(try_lock(one.number()), Ok(true));
        assert_eq!(try_lock(two.number()), Ok(false));
        drop(one);
        assert_eq!(try_lock(two.number()), Ok(true));
    }

    #[test]
    fn a_name_takes_the_place_of_another() {
        let folder = Folder::new("placing-rename");
        write_durably(&folder.path("new"), "new", 0o600).unwrap();
        write_durably(&folder.path("old"), "old", 0o600).unwrap();
        rename(&folder.path("new"), &folder.path("old")).unwrap();
        assert_eq!(fs::read_to_string(folder.path("old")).unwrap(), "new");
        assert_eq!(
            rename(&folder.path("new"), &folder.path("old"))
                .unwrap_err()
                .errno,
            errno::ENOENT
        );
    }
}
