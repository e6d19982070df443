//! Files: what the scripts may do with paths. Every path is UTF-8 without NUL, every content is UTF-8 text.

use std::{
    ffi::CString,
    fs::{self, DirBuilder, File},
    io::{Read, Write},
    mem::MaybeUninit,
    os::{
        fd::{FromRawFd, OwnedFd, RawFd},
        unix::fs::DirBuilderExt,
    },
};

use crate::sys_error::SysError;

/// No file of a node binary is near this; a limit keeps a strange one from eating the memory.
const READ_LIMIT: u64 = 1 << 20;

/// What `write` does with a file that exists, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The file must be there; its content is overwritten in place (sysctl).
    Existing,
    /// The file must not be there (EEXIST).
    Exclusive,
    /// The file is created or emptied first.
    Replace,
}

impl Disposition {
    /// The scripts' word for it.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "existing" => Some(Self::Existing),
            "exclusive" => Some(Self::Exclusive),
            "replace" => Some(Self::Replace),
            _ => None,
        }
    }

    fn flags(self) -> i32 {
        match self {
            Self::Existing => 0,
            Self::Exclusive => libc::O_CREAT | libc::O_EXCL,
            Self::Replace => libc::O_CREAT | libc::O_TRUNC,
        }
    }
}

/// Opens for reading; creates the file with that mode first if one is given.
pub fn open(path: &str, create_mode: Option<u32>) -> Result<OwnedFd, SysError> {
    let flags = libc::O_RDONLY | if create_mode.is_some() { libc::O_CREAT } else { 0 };
    raw_open(path, flags, create_mode.unwrap_or(0))
}

/// Opens for writing, as the disposition says; the mode counts where the file is created.
pub fn open_for_writing(path: &str, disposition: Disposition, mode: u32) -> Result<OwnedFd, SysError> {
    raw_open(path, libc::O_WRONLY | disposition.flags(), mode)
}

fn raw_open(path: &str, flags: i32, mode: u32) -> Result<OwnedFd, SysError> {
    let name = CString::new(path).map_err(|_| SysError::new(libc::EINVAL, "open").at(path))?;
    loop {
        // SAFETY: `name` is a NUL-terminated string that outlives the call.
        let descriptor = unsafe { libc::open(name.as_ptr(), flags | libc::O_CLOEXEC, mode as libc::c_uint) };
        if descriptor >= 0 {
            // SAFETY: the kernel has just given us this descriptor, nobody else owns it.
            return Ok(unsafe { OwnedFd::from_raw_fd(descriptor) });
        }
        let error = SysError::last("open").at(path);
        if error.errno != libc::EINTR {
            return Err(error);
        }
    }
}

/// The whole content. EFBIG over 1 MiB, EILSEQ if it is not UTF-8.
pub fn read(path: &str) -> Result<String, SysError> {
    let fail = |errno| SysError::new(errno, "read").at(path);
    let mut content = Vec::new();
    let mut file = File::from(open(path, None)?).take(READ_LIMIT + 1);
    file.read_to_end(&mut content)
        .map_err(|error| SysError::from_io(&error, "read").at(path))?;
    if content.len() as u64 > READ_LIMIT {
        return Err(fail(libc::EFBIG));
    }
    String::from_utf8(content).map_err(|_| fail(libc::EILSEQ))
}

/// Writes all of the text. When this fails after the open, the file exists with a part of it.
pub fn write(file: OwnedFd, text: &str, path: &str) -> Result<(), SysError> {
    File::from(file)
        .write_all(text.as_bytes())
        .map_err(|error| SysError::from_io(&error, "write").at(path))
}

/// Waits for the exclusive flock(2) of an open file; closing it unlocks.
pub fn lock(descriptor: RawFd) -> Result<(), SysError> {
    loop {
        // SAFETY: flock only takes numbers.
        if unsafe { libc::flock(descriptor, libc::LOCK_EX) } == 0 {
            return Ok(());
        }
        let error = SysError::last("flock");
        if error.errno != libc::EINTR {
            return Err(error);
        }
    }
}

/// Makes one directory (EEXIST, ENOENT).
pub fn make_directory(path: &str, mode: u32) -> Result<(), SysError> {
    DirBuilder::new()
        .mode(mode)
        .create(path)
        .map_err(|error| SysError::from_io(&error, "mkdir").at(path))
}

/// Unlinks a file.
pub fn remove(path: &str) -> Result<(), SysError> {
    fs::remove_file(path).map_err(|error| SysError::from_io(&error, "unlink").at(path))
}

/// The names in a directory, in no order, without those that are not UTF-8: none of ours is.
pub fn list(path: &str) -> Result<Vec<String>, SysError> {
    let fail = |error: std::io::Error| SysError::from_io(&error, "getdents64").at(path);
    let entries = fs::read_dir(path).map_err(|error| SysError::from_io(&error, "open").at(path))?;
    let mut names = Vec::new();
    for entry in entries {
        if let Ok(name) = entry.map_err(fail)?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

/// Device and inode: equal exactly for descriptors of the same file, or of the same namespace.
pub fn identity(descriptor: RawFd) -> Result<String, SysError> {
    let mut status = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the kernel fills the structure that we point at.
    if unsafe { libc::fstat(descriptor, status.as_mut_ptr()) } != 0 {
        return Err(SysError::last("fstat"));
    }
    // SAFETY: fstat succeeded, so it is filled.
    let status = unsafe { status.assume_init() };
    Ok(format!("{}:{}", status.st_dev, status.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::fd::AsRawFd, path::PathBuf};

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("podway-files-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn path(&self, name: &str) -> String {
            self.0.join(name).to_str().unwrap().to_owned()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn put(path: &str, text: &str, disposition: Disposition) -> Result<(), SysError> {
        write(open_for_writing(path, disposition, 0o600)?, text, path)
    }

    #[test]
    fn dispositions() {
        let folder = Folder::new("dispositions");
        let path = folder.path("f");
        assert_eq!(
            put(&path, "x", Disposition::Existing).unwrap_err().errno,
            libc::ENOENT
        );
        put(&path, "first", Disposition::Exclusive).unwrap();
        assert_eq!(
            put(&path, "x", Disposition::Exclusive).unwrap_err().errno,
            libc::EEXIST
        );
        put(&path, "2nd", Disposition::Replace).unwrap();
        assert_eq!(read(&path).unwrap(), "2nd");
        put(&path, "4", Disposition::Existing).unwrap();
        assert_eq!(read(&path).unwrap(), "4nd");
        assert_eq!(Disposition::parse("append"), None);
    }

    #[test]
    fn errors_carry_call_and_path() {
        let error = read("/nonexistent/file").unwrap_err();
        assert_eq!(error, SysError::new(libc::ENOENT, "open").at("/nonexistent/file"));
        assert_eq!(
            read("/").unwrap_err(),
            SysError::new(libc::EISDIR, "read").at("/")
        );
        assert_eq!(read("a\0b").unwrap_err().errno, libc::EINVAL);
        assert_eq!(remove("a\0b").unwrap_err().syscall, "unlink");
        assert_eq!(list("/nonexistent").unwrap_err().errno, libc::ENOENT);
    }

    #[test]
    fn content_that_is_no_text_or_too_long_is_refused() {
        let folder = Folder::new("content");
        fs::write(folder.path("binary"), [0xff, 0xfe]).unwrap();
        assert_eq!(read(&folder.path("binary")).unwrap_err().errno, libc::EILSEQ);
        fs::write(folder.path("long"), vec![b'x'; READ_LIMIT as usize + 1]).unwrap();
        assert_eq!(read(&folder.path("long")).unwrap_err().errno, libc::EFBIG);
    }

    #[test]
    fn lists_and_removes() {
        let folder = Folder::new("list");
        make_directory(&folder.path("d"), 0o755).unwrap();
        assert_eq!(
            make_directory(&folder.path("d"), 0o755).unwrap_err().errno,
            libc::EEXIST
        );
        put(&folder.path("d/10.0.0.2"), "id", Disposition::Exclusive).unwrap();
        assert_eq!(list(&folder.path("d")).unwrap(), ["10.0.0.2"]);
        remove(&folder.path("d/10.0.0.2")).unwrap();
        assert_eq!(
            remove(&folder.path("d/10.0.0.2")).unwrap_err().errno,
            libc::ENOENT
        );
    }

    #[test]
    fn identity_is_the_file_not_the_descriptor() {
        let folder = Folder::new("identity");
        let one = open(&folder.path("lock"), Some(0o750)).unwrap();
        let two = open(&folder.path("lock"), Some(0o750)).unwrap();
        let other = open(&folder.path("other"), Some(0o750)).unwrap();
        lock(one.as_raw_fd()).unwrap();
        assert_eq!(
            identity(one.as_raw_fd()).unwrap(),
            identity(two.as_raw_fd()).unwrap()
        );
        assert_ne!(
            identity(one.as_raw_fd()).unwrap(),
            identity(other.as_raw_fd()).unwrap()
        );
    }
}
