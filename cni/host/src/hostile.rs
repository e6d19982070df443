//! Tests: scripts that call the host with arguments of every kind, and in every order. They run in the engine as the
//! product's do, and end as those would: a panic, an abort or a wait for ever is a failed test.

use std::{env, fs, path::PathBuf};

use crate::engine::tests::outcome;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("podway-hostile-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn number(name: &str, usual: u32) -> u32 {
    env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

#[test]
fn every_call_says_how_it_failed() {
    let folder = Folder::new("errors");
    let script = include_str!("hostile/errors.js");
    let source = format!("const folder = {:?};\n{script}", folder.0.display().to_string());
    assert_eq!(outcome(&source), Ok(0));
}

/// `PODWAY_SEED` is the first seed, `PODWAY_RUNS` how many there are. A failure names its own.
#[test]
fn any_calls_in_any_order_give_values_or_errors() {
    let folder = Folder::new("random");
    let script = include_str!("hostile/random.js");
    let first = number("PODWAY_SEED", 1);
    for seed in first..first + number("PODWAY_RUNS", 40) {
        let place = folder.0.display().to_string();
        let source = format!("const folder = {place:?}, seed = {seed}, rounds = 1000;\n{script}");
        assert_eq!(outcome(&source), Ok(0), "seed {seed}");
    }
}
