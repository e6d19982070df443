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
const LONGEST: u64 = 64 << 20;

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
    let at = |errno: u32, syscall| SysError::new(errno, syscall).at(path);
    let file = with_path(path, "open", |path| {
        system_call::open(path, O_RDONLY | O_NONBLOCK, 0)
    })?;
    let own = open_self()?;
    let mark = process::BUILD_MARK.as_bytes();
    let (mut theirs, mut ours) = (Vec::with_capacity(STEP), Vec::with_capacity(STEP));
    let (mut same, mut is_build) = (true, false);
    // The end of what was read before: the mark may lie across two steps.
    let mut window = Vec::with_capacity(STEP + mark.len());
    let mut length = 0;
    loop {
        fill(file.number(), &mut theirs).map_err(|errno| at(errno, "read"))?;
        if same {
            fill(own.number(), &mut ours)
                .map_err(|errno| SysError::new(errno, "read").at("/proc/self/exe"))?;
            same = theirs == ours;
        }
        length += theirs.len() as u64;
        if length > LONGEST {
            return Ok(Kinship::Other);
        }
        is_build = is_build || {
            window.extend_from_slice(&theirs);
            let found = window.windows(mark.len()).any(|bytes| bytes == mark);
            window.drain(..window.len().saturating_sub(mark.len() - 1));
            found
        };
        if theirs.is_empty() {
            return Ok(match (same, is_build) {
                (true, _) => Kinship::Same,
                (false, true) => Kinship::Build,
                (false, false) => Kinship::Other,
            });
        }
        if is_build && !same {
            return Ok(Kinship::Build);
        }
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

/// Waits until the disk has the names in the folder.
pub fn sync_folder(path: &str) -> Result<(), SysError> {
    let folder = with_path(path, "open", |path| {
        system_call::open(path, O_RDONLY | O_DIRECTORY, 0)
    })?;
    call::sync(folder.number()).map_err(|errno| SysError::new(errno, "fsync").at(path))
}
