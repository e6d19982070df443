//! The host of podway's node binary. It offers system calls; every decision is in TypeScript (`cni/main.ts`).

#![cfg_attr(not(test), no_main)]

mod arena;
mod engine;
mod failure;
mod files;
mod handles;
mod host;
mod namespaces;
mod netlink;
mod process;
mod sys_error;

/// Made by build.rs.
static MODULES: engine::Modules = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// Where the C library enters. The standard library's own way in would first read /proc/self/maps and set up signal
/// stacks, for the sake of threads and of a message after a stack overflow: a tenth of what the start takes.
///
/// # Safety
/// `argv` must be what the C library gives.
#[cfg_attr(not(test), unsafe(export_name = "main"))]
#[cfg_attr(test, allow(dead_code))]
unsafe extern "C" fn start(_argc: libc::c_int, argv: *const *const libc::c_char) -> libc::c_int {
    failure::install_panic_hook();
    // SAFETY: as the caller promises.
    unsafe { process::begin(argv) };
    match engine::run(MODULES, host::system) {
        Ok(code) => failure::leave(code),
        Err(error) => failure::exit(&error),
    }
}
