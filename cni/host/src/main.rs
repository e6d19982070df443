//! The host of podway's node binary. It offers system calls; every decision is in TypeScript (`cni/main.ts`).
//!
//! The program has no C library and no standard library: it enters at `entry`, talks to the kernel by `system_call`,
//! takes memory from `heap`, and `c_library` has the few functions that the engine's C code calls. Tests run with the
//! standard library.

#![cfg_attr(not(test), no_std, no_main)]
// The tests have no use for `entry`, which uses everything.
#![cfg_attr(test, allow(dead_code))]

extern crate alloc;

mod c_library;
mod engine;
#[cfg(not(test))]
mod entry;
mod errno_text;
mod failure;
mod files;
mod handles;
mod heap;
mod host;
#[cfg(test)]
mod hostile;
#[cfg(not(test))]
mod image;
mod namespaces;
mod netlink;
mod placing;
mod process;
mod script_memory;
mod sockets;
mod sys_error;
mod system_call;
#[cfg(test)]
mod test_folder;

/// Made by build.rs.
static MODULES: engine::Modules = include!(concat!(env!("OUT_DIR"), "/modules.rs"));
