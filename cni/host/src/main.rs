//! The host of podway's node binary. It offers system calls; every decision is in TypeScript (`cni/main.ts`).

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

fn main() {
    failure::install_panic_hook();
    match engine::run(MODULES, host::system) {
        Ok(code) => failure::leave(code),
        Err(error) => failure::exit(&error),
    }
}
