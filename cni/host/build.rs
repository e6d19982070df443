//! Compiles the JavaScript modules of the node binary to QuickJS bytecode and embeds them, and the host's C code.
//!
//! The modules are what esbuild makes of `cni/*.ts`; they are expected in `target/js` beside this file. Where they are
//! not built yet, a module that says so takes their place, so that `cargo clippy` and `cargo test` work alone.

use std::{env, fs, path::Path};

use rquickjs::{
    Context, Ctx, Error, Module, Runtime, WriteOptions,
    loader::{ImportAttributes, Loader, Resolver},
};

const PLACEHOLDER: &str =
    "export async function run() { throw new Error('built without its modules: run npm run build') }";

fn main() {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/js");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=target/js");
    // Of the modules; whoever bundles them knows it.
    println!("cargo:rerun-if-env-changed=PODWAY_BUNDLE_HASH");
    println!(
        "cargo:rustc-env=PODWAY_BUNDLE_HASH={}",
        env::var("PODWAY_BUNDLE_HASH").unwrap_or_default()
    );
    println!(
        "cargo:rustc-env=PODWAY_TARGET={}",
        env::var("TARGET").expect("cargo sets TARGET")
    );

    let mut sources: Vec<(String, String)> = Vec::new();
    for entry in fs::read_dir(&modules).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().expect("module names are ASCII");
        if name.ends_with(".js") {
            println!("cargo:rerun-if-changed=target/js/{name}");
            let source = fs::read_to_string(entry.path()).expect("a module is readable text");
            sources.push((name, source));
        }
    }
    if sources.is_empty() {
        sources.push(("main.js".to_owned(), PLACEHOLDER.to_owned()));
    }
    // The order of a directory is an accident: without sorting, equal sources would give different executables.
    sources.sort();

    let mut table = String::from("&[\n");
    for (name, bytecode) in compile(&sources) {
        let file = Path::new(&out).join(format!("{name}.bytecode"));
        fs::write(&file, bytecode).expect("OUT_DIR is writable");
        table.push_str(&format!(
            "    ({name:?}, include_bytes!({:?})),\n",
            file.display().to_string()
        ));
    }
    table.push_str("]\n");
    fs::write(Path::new(&out).join("modules.rs"), table).expect("OUT_DIR is writable");
    compile_c();
}

/// What the engine's C code calls, see `src/c_library.rs`.
fn compile_c() {
    println!("cargo:rerun-if-changed=src/c");
    cc::Build::new()
        .files(["src/c/diagnostics.c", "src/c/format.c", "src/c/memory.c"])
        .std("c11")
        .warnings(true)
        .extra_warnings(true)
        // No C library: nothing that compilers would call of one, nor the thread-local guard of a stack.
        .flag("-ffreestanding")
        .flag("-fno-builtin")
        .flag("-fno-stack-protector")
        .flag_if_supported("-fno-tree-loop-distribute-patterns")
        .opt_level(2)
        .compile("podway_c");
}

fn compile(sources: &[(String, String)]) -> Vec<(String, Vec<u8>)> {
    let runtime = Runtime::new().expect("a QuickJS runtime");
    runtime.set_loader(Sources(sources.to_vec()), Sources(sources.to_vec()));
    let context = Context::full(&runtime).expect("a QuickJS context");
    context.with(|ctx| {
        sources
            .iter()
            .map(|(name, source)| {
                let bytecode = Module::declare(ctx.clone(), name.as_str(), source.as_str())
                    .and_then(|module| {
                        module.write(WriteOptions {
                            strip_source: true,
                            // Positions in minified text, which every start would read. With them goes the name of
                            // the module, which a dynamic import wants to know.
                            strip_debug: !source.contains("import("),
                            ..WriteOptions::default()
                        })
                    })
                    .unwrap_or_else(|error| panic!("{name}: {error}: {:?}", ctx.catch()));
                (name.clone(), unchecked(bytecode))
            })
            .collect()
    })
}

/// The same bytecode with a checksum that the engine doesn't verify: it comes with the executable, and every start would
/// add up all of it. Behind the version, one byte, all ones stand for "don't".
fn unchecked(mut bytecode: Vec<u8>) -> Vec<u8> {
    bytecode[1..5].fill(0xff);
    bytecode
}

/// To compile a module, the engine wants to see those that it imports.
struct Sources(Vec<(String, String)>);

impl Resolver for Sources {
    fn resolve<'js>(
        &mut self,
        _ctx: &Ctx<'js>,
        _base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        Ok(name.strip_prefix("./").unwrap_or(name).to_owned())
    }
}

impl Loader for Sources {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js>> {
        let found = self.0.iter().find(|(known, _)| known == name);
        let (_, source) = found.ok_or_else(|| Error::new_loading(name))?;
        Module::declare(ctx.clone(), name, source.as_str())
    }
}
