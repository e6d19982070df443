//! A folder of a test's own, which goes when the test ends.

use std::{fs, path::PathBuf};

pub struct Folder(pub PathBuf);

impl Folder {
    /// `name` tells the tests of this process apart.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("podway-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
