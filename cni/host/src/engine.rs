//! QuickJS: the embedded modules and the limits that scripts run under.

#[cfg(not(test))]
use alloc::vec::Vec;
use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
};
#[cfg(not(test))]
use core::ffi::c_void;
use core::mem::ManuallyDrop;

#[cfg(not(test))]
use crate::heap;
use crate::script_memory::ScriptMemory;
use rquickjs::{
    CatchResultExt, Context, Ctx, Error, Function, Module, Object, Persistent, Promise, Result, Runtime,
    context::intrinsic,
    loader::{ImportAttributes, Loader, Resolver},
    qjs,
};

/// An ADD needs about one megabyte; a network configuration of the greatest length that is read needs some forty.
const MEMORY_LIMIT: usize = 128 << 20;

/// Less than the smallest stack that a service manager gives, so that deep recursion is an exception, never a crash.
const STACK_LIMIT: usize = 256 << 10;

/// What the scripts use of the language's library. Every part costs start-up time: dates, regular expressions and
/// `eval` are not there.
type Library = (
    intrinsic::Json,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

/// Modules by name, as bytecode; `main.js` is the first.
pub type Modules = &'static [(&'static str, &'static [u8])];

#[derive(Clone, Copy)]
struct Embedded(Modules);

impl Embedded {
    fn find(self, name: &str) -> Option<&'static [u8]> {
        let name = name.strip_prefix("./").unwrap_or(name);
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, bytecode)| *bytecode)
    }
}

impl Resolver for Embedded {
    fn resolve<'js>(
        &mut self,
        _ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        match self.find(name) {
            Some(_) => Ok(name.strip_prefix("./").unwrap_or(name).to_owned()),
            None => Err(Error::new_resolving(base, name)),
        }
    }
}

impl Loader for Embedded {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js>> {
        let bytecode = self.find(name).ok_or_else(|| Error::new_loading(name))?;
        // SAFETY: build.rs compiled the bytes with this very engine.
        unsafe { Module::load(ctx.clone(), bytecode) }
    }
}

/// The engine, ready to run scripts.
pub struct Engine {
    /// Never dropped: the process ends, and the kernel frees at once what would be freed object by object, which took a
    /// tenth of an ADD.
    context: ManuallyDrop<Context>,
}

/// The engine with `main.js`, and what that is called with.
pub struct Program {
    engine: Engine,
    run: Persistent<Function<'static>>,
    system: Persistent<Object<'static>>,
}

impl Engine {
    /// Starts it with those modules.
    pub fn start(modules: Modules) -> core::result::Result<Self, String> {
        let failed = |error: Error| error.to_string();
        let runtime = Runtime::new_with_alloc(ScriptMemory).map_err(failed)?;
        runtime.set_memory_limit(MEMORY_LIMIT);
        runtime.set_max_stack_size(STACK_LIMIT);
        // The process lives for milliseconds: what it leaves behind, the kernel collects.
        runtime.set_gc_threshold(usize::MAX);
        runtime.set_loader(Embedded(modules), Embedded(modules));
        let context = Context::custom::<Library>(&runtime).map_err(failed)?;
        Ok(Self {
            context: ManuallyDrop::new(context),
        })
    }

    /// Reads a module and evaluates it, once: whoever imports it later finds it done.
    pub fn load(&self, name: &str) -> core::result::Result<(), String> {
        self.context.with(|ctx| {
            Module::import(&ctx, name)
                .and_then(|imported| imported.finish::<Object>())
                .map(drop)
                .catch(&ctx)
                .map_err(|error| error.to_string())
        })
    }

    /// Does work whose objects lie together, behind all others: who has no use for them touches none of their memory.
    #[cfg(not(test))]
    pub fn apart<T>(&self, work: impl FnOnce(&Self) -> T) -> T {
        heap::apart(|| {
            let places = self.take_places();
            let result = work(self);
            // These are given up, so that no other object comes there.
            self.take_places();
            for place in places {
                // SAFETY: the engine gave it, and nobody uses it.
                unsafe { qjs::js_free_rt(self.context.get_runtime_ptr(), place) };
            }
            result
        })
    }

    /// Takes what the engine has free in its arenas, memory from the heap in which it has small blocks of equal size.
    #[cfg(not(test))]
    fn take_places(&self) -> Vec<*mut c_void> {
        const LONGEST: usize = 512;
        let end = heap::end();
        let runtime = self.context.get_runtime_ptr();
        let mut places = Vec::new();
        for length in (8..LONGEST).step_by(8) {
            let length = length as qjs::size_t;
            loop {
                // SAFETY: the runtime lives as long as its context.
                let place = unsafe { qjs::js_malloc_rt(runtime, length) };
                if place.is_null() || place.addr() >= end {
                    // Out of a new arena: there is no free place left. It goes with its only block.
                    // SAFETY: the engine gave the block just now.
                    unsafe { qjs::js_free_rt(runtime, place) };
                    break;
                }
                places.push(place);
            }
        }
        places
    }

    /// Evaluates `main.js`, and keeps the object that `system` makes: that may know nothing of the process but how to ask.
    pub fn program(
        self,
        system: impl for<'js> FnOnce(&Ctx<'js>) -> Result<Object<'js>>,
    ) -> core::result::Result<Program, String> {
        let (run, system) = self.context.with(|ctx| {
            Module::import(&ctx, "main.js")
                .and_then(|imported| imported.finish::<Object>())
                .and_then(|main| main.get::<_, Function>("run"))
                .and_then(|run| Ok((Persistent::save(&ctx, run), Persistent::save(&ctx, system(&ctx)?))))
                .catch(&ctx)
                .map_err(|error| error.to_string())
        })?;
        Ok(Program {
            engine: self,
            run,
            system,
        })
    }
}

impl Program {
    /// Calls `run` of `main.js` with the object, and waits for the exit code. An exception that the scripts let through
    /// comes back as text.
    pub fn run(&self) -> core::result::Result<i32, String> {
        let context = &self.engine.context;
        // The stack may be another one than that which the engine was started on.
        // SAFETY: the runtime lives as long as its context.
        unsafe { qjs::JS_UpdateStackTop(context.get_runtime_ptr()) };
        context.with(|ctx| {
            let run = self.run.clone().restore(&ctx);
            let code = run
                .and_then(|run| run.call::<_, Promise>((self.system.clone().restore(&ctx)?,)))
                .and_then(|promise| promise.finish::<i32>());
            code.catch(&ctx).map_err(|error| error.to_string())
        })
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use rquickjs::WriteOptions;

    fn compiled(sources: &[(&'static str, &str)]) -> Modules {
        let runtime = Runtime::new().unwrap();
        let context = Context::full(&runtime).unwrap();
        let modules: Vec<(&'static str, &'static [u8])> = context.with(|ctx| {
            sources
                .iter()
                .map(|(name, source)| {
                    let module = Module::declare(ctx.clone(), *name, *source).unwrap();
                    let bytecode = module.write(WriteOptions::default()).unwrap();
                    (*name, &*Box::leak(bytecode.into_boxed_slice()))
                })
                .collect()
        });
        Box::leak(modules.into_boxed_slice())
    }

    /// What `run` of a script comes to, called with the host.
    pub fn outcome(source: &str) -> core::result::Result<i32, String> {
        let modules = compiled(&[("main.js", source), ("other.js", "export const code = 7")]);
        Engine::start(modules)?.program(crate::host::system)?.run()
    }

    #[test]
    fn scripts_answer_with_an_exit_code() {
        assert_eq!(outcome("export async function run() { return 3 }"), Ok(3));
        assert_eq!(
            outcome("export async function run() { return (await import('./other.js')).code }"),
            Ok(7)
        );
    }

    #[test]
    fn what_was_loaded_before_is_not_evaluated_again() {
        let source = "let count = 0; count++; export async function run() { return ++count }";
        let engine = Engine::start(compiled(&[("main.js", source)])).unwrap();
        engine.load("main.js").unwrap();
        assert!(engine.load("missing.js").unwrap_err().contains("missing.js"));
        let program = engine.program(crate::host::system).unwrap();
        assert_eq!(program.run(), Ok(2));
        assert_eq!(program.run(), Ok(3));
    }

    #[test]
    fn whatever_scripts_do_is_an_error_and_never_a_panic() {
        let cases = [
            ("throw new Error('boom')", "boom"),
            ("throw 5", ""),
            ("await import('./missing.js')", "missing.js"),
            ("await new Promise(() => {})", ""),
            ("return 'text'", ""),
            ("const deep = () => deep(); deep()", "stack"),
            ("JSON.parse('['.repeat(1000000))", "stack"),
            (
                "const all = []; for (;;) all.push(new Uint8Array(1 << 20))",
                "memory",
            ),
            ("let text = 'x'; for (;;) text += text", ""),
        ];
        for (body, expected) in cases {
            let error = outcome(&format!("export async function run(system) {{ {body} }}")).unwrap_err();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }

    /// Calls of the host with arguments of every kind throw; none of them ends the process.
    #[test]
    fn the_host_survives_any_argument() {
        let source = r"
            const strange = [undefined, null, NaN, -1, 1.5, 1e300, 2 ** 52, '', '\0', '\ud800', 'x'.repeat(70000),
              Symbol.iterator, {}, [], new Uint8Array(3), new Uint8Array(0), () => 1, 12n, true,
              { get length() { throw new Error('no') } }]
            export async function run(system) {
              let calls = 0
              for (const part of [system.files, system.netlink, { random: system.random },
                                  { environment: system.process.environment }]) {
                for (const name of Object.keys(part)) {
                  for (const first of strange) for (const second of strange) {
                    if (name === 'makeDirectory' || name === 'lock') continue
                    try { part[name](first, second, 'existing', second, first) } catch { calls++ }
                  }
                }
              }
              return calls > 1000 ? 0 : 1
            }";
        assert_eq!(outcome(source), Ok(0));
    }

    #[test]
    fn a_failed_call_throws_what_the_port_promises() {
        let source = r"
            export async function run(system) {
              try { system.files.read('/nonexistent') } catch (error) {
                const { name, errno, syscall, path, message } = error
                const text = [name, errno, syscall, path, message].join('|')
                if (!(error instanceof Error)) return 2
                return text === 'SysError|2|open|/nonexistent|open /nonexistent: no such file or directory' ? 0 : 1
              }
              return 3
            }";
        assert_eq!(outcome(source), Ok(0));
    }

    #[test]
    fn handles_do_not_come_back_to_life() {
        let source = r"
            export async function run({ files }) {
              const first = files.open('/dev/null')
              files.close(first)
              const second = files.open('/dev/null')
              try { files.close(first); return 1 } catch (error) { if (error.errno !== 9) return 2 }
              try { files.identity(first); return 3 } catch (error) { if (error.errno !== 9) return 4 }
              return files.descriptor(second) > 2 ? 0 : 5
            }";
        assert_eq!(outcome(source), Ok(0));
    }
}
