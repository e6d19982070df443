//! The port `cni/sys.ts`, as an object that the scripts are given.

mod serving;

use alloc::{
    rc::Rc,
    string::{String, ToString},
};
use core::cell::RefCell;

use rquickjs::{
    Array, Ctx, Error, Exception, Function, Object, Result, TypedArray, object::Accessor, prelude::Opt,
};

use crate::{
    files::{self, Disposition},
    handles::Handles,
    namespaces, netlink, process,
    sys_error::SysError,
    system_call::Descriptor,
};

type Shared = Rc<RefCell<Handles>>;

/// Builds the object. Its parts are documented where the scripts see them: `cni/sys.ts`. It is in the memory image, so what
/// is of the process is asked for when a script asks.
pub fn system<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let handles: Shared = Rc::default();
    let system = Object::new(ctx.clone())?;
    system.set("process", process_part(ctx)?)?;
    system.set("files", files_part(ctx, &handles)?)?;
    system.set("netlink", netlink_part(ctx, &handles)?)?;
    system.set(
        "random",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, length: usize| {
            TypedArray::<u8>::new(ctx.clone(), or_throw(&ctx, process::random(length))?)
        })?,
    )?;
    system.set(
        "uptime",
        Function::new(ctx.clone(), |ctx: Ctx<'js>| or_throw(&ctx, process::uptime()))?,
    )?;
    system.set(
        "serving",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>| serving::part(&ctx, &handles))?,
    )?;
    Ok(system)
}

/// Turns a failed system call into the `SysError` that the scripts catch.
fn or_throw<T>(ctx: &Ctx<'_>, result: core::result::Result<T, SysError>) -> Result<T> {
    result.map_err(|error| thrown(ctx, &error).unwrap_or_else(|failed| failed))
}

fn thrown(ctx: &Ctx<'_>, error: &SysError) -> Result<Error> {
    let object = Exception::from_message(ctx.clone(), &error.to_string())?.into_object();
    object.set("name", "SysError")?;
    object.set("errno", error.errno)?;
    object.set("syscall", error.syscall)?;
    object.set("path", error.path.as_deref())?;
    Ok(ctx.throw(object.into_value()))
}

/// A handle as JavaScript has it. What is no whole number is no handle.
fn descriptor(handles: &Shared, handle: f64, syscall: &'static str) -> core::result::Result<i32, SysError> {
    handles.borrow().descriptor(handle_number(handle), syscall)
}

fn handle_number(handle: f64) -> u64 {
    if (0.0..9e15).contains(&handle) && handle as u64 as f64 == handle {
        handle as u64
    } else {
        u64::MAX
    }
}

/// Handles stay under 2⁴², so a JavaScript number holds them exactly.
fn keep(
    handles: &Shared,
    opened: core::result::Result<Descriptor, SysError>,
) -> core::result::Result<f64, SysError> {
    opened
        .and_then(|opened| handles.borrow_mut().insert(opened))
        .map(|handle| handle as f64)
}

fn process_part<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let part = Object::new(ctx.clone())?;
    part.prop("argv0", Accessor::from(process::argv0).enumerable())?;
    part.set("version", env!("CARGO_PKG_VERSION"))?;
    part.set("arguments", Function::new(ctx.clone(), process::arguments)?)?;
    part.set(
        "environment",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, name: String| {
            or_throw(&ctx, process::environment(&name))
        })?,
    )?;
    part.set(
        "stdin",
        Function::new(ctx.clone(), |ctx: Ctx<'js>| or_throw(&ctx, process::stdin()))?,
    )?;
    part.set(
        "stdout",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, text: String| {
            or_throw(&ctx, process::print(process::STDOUT, &text))
        })?,
    )?;
    part.set(
        "stderr",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, text: String| {
            or_throw(&ctx, process::print(process::STDERR, &text))
        })?,
    )?;
    Ok(part)
}

fn files_part<'js>(ctx: &Ctx<'js>, handles: &Shared) -> Result<Object<'js>> {
    let part = Object::new(ctx.clone())?;
    let shared = handles.clone();
    part.set(
        "open",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, path: String, create_mode: Opt<Option<u32>>| {
                or_throw(&ctx, keep(&shared, files::open(&path, create_mode.0.flatten())))
            },
        )?,
    )?;
    let shared = handles.clone();
    part.set(
        "close",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, handle: f64| {
            let closed = shared.borrow_mut().close(handle_number(handle));
            or_throw(&ctx, closed)
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "descriptor",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, handle: f64| {
            or_throw(&ctx, descriptor(&shared, handle, "fcntl"))
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "identity",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, handle: f64| {
            or_throw(
                &ctx,
                descriptor(&shared, handle, "fstat").and_then(files::identity),
            )
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "lock",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, handle: f64| {
            or_throw(&ctx, descriptor(&shared, handle, "flock").and_then(files::lock))
        })?,
    )?;
    part.set(
        "read",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| {
            or_throw(&ctx, files::read(&path))
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "write",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>,
                  path: String,
                  text: String,
                  disposition: String,
                  mode: Opt<Option<u32>>,
                  namespace: Opt<Option<f64>>| {
                let Some(disposition) = Disposition::parse(&disposition) else {
                    return Err(Exception::throw_type(&ctx, "no such disposition"));
                };
                let open = || files::open_for_writing(&path, disposition, mode.0.flatten().unwrap_or(0o600));
                let opened = match namespace.0.flatten() {
                    None => open(),
                    Some(namespace) => descriptor(&shared, namespace, "setns")
                        .and_then(|namespace| namespaces::inside(namespace, open)),
                };
                or_throw(&ctx, opened.and_then(|file| files::write(file, &text, &path)))
            },
        )?,
    )?;
    part.set(
        "makeDirectory",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String, mode: u32| {
            or_throw(&ctx, files::make_directory(&path, mode))
        })?,
    )?;
    part.set(
        "remove",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| {
            or_throw(&ctx, files::remove(&path))
        })?,
    )?;
    part.set(
        "list",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| {
            or_throw(&ctx, files::list(&path))
        })?,
    )?;
    part.set(
        "readAll",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| {
            let pairs = Array::new(ctx.clone())?;
            for (index, (name, content)) in or_throw(&ctx, files::read_all(&path))?.into_iter().enumerate() {
                let pair = Array::new(ctx.clone())?;
                pair.set(0, name)?;
                pair.set(1, content)?;
                pairs.set(index, pair)?;
            }
            Ok::<_, Error>(pairs)
        })?,
    )?;
    Ok(part)
}

fn netlink_part<'js>(ctx: &Ctx<'js>, handles: &Shared) -> Result<Object<'js>> {
    let part = Object::new(ctx.clone())?;
    let shared = handles.clone();
    part.set(
        "open",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, protocol: i32, namespace: Opt<Option<f64>>| {
                let opened = match namespace.0.flatten() {
                    None => netlink::open(protocol),
                    Some(namespace) => descriptor(&shared, namespace, "setns")
                        .and_then(|namespace| namespaces::inside(namespace, || netlink::open(protocol))),
                };
                or_throw(&ctx, keep(&shared, opened))
            },
        )?,
    )?;
    let shared = handles.clone();
    part.set(
        "send",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, handle: f64, bytes: TypedArray<'js, u8>| {
                // SAFETY: the bytes are copied before any script runs again; a detached buffer is empty.
                let copy = unsafe { bytes.as_bytes() }.unwrap_or_default().to_vec();
                or_throw(
                    &ctx,
                    descriptor(&shared, handle, "sendto").and_then(|fd| netlink::send(fd, &copy)),
                )
            },
        )?,
    )?;
    let shared = handles.clone();
    part.set(
        "sendAside",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, handle: f64, bytes: TypedArray<'js, u8>| {
                // SAFETY: the bytes are copied before any script runs again; a detached buffer is empty.
                let copy = unsafe { bytes.as_bytes() }.unwrap_or_default().to_vec();
                or_throw(
                    &ctx,
                    descriptor(&shared, handle, "sendto").and_then(|fd| netlink::send_aside(fd, &copy)),
                )
            },
        )?,
    )?;
    let shared = handles.clone();
    part.set(
        "closeAside",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, handle: f64| {
            or_throw(
                &ctx,
                descriptor(&shared, handle, "close").map(netlink::close_aside),
            )?;
            let closed = shared.borrow_mut().close(handle_number(handle));
            or_throw(&ctx, closed)
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "join",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, handle: f64, group: u32| {
            or_throw(
                &ctx,
                descriptor(&shared, handle, "setsockopt").and_then(|fd| netlink::join(fd, group)),
            )
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "receive",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, handle: f64| {
            let received = descriptor(&shared, handle, "recvfrom").and_then(netlink::receive);
            // A copy of what came, and not the buffer, most of which is empty.
            TypedArray::<u8>::new_copy(ctx.clone(), or_throw(&ctx, received)?)
        })?,
    )?;
    Ok(part)
}
