//! The part of the port that only `podway-cni serve` asks for.

use alloc::{string::String, vec::Vec};

use linux_raw_sys::{
    errno,
    general::{S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK},
};
use rquickjs::{Ctx, Function, Object, Result, TypedArray, prelude::Opt, qjs};

use super::{Shared, descriptor, keep, or_throw};
use crate::{
    netlink,
    placing::{self, Kinship},
    sockets,
    sys_error::SysError,
};

/// The engine looks for garbage when the scripts have taken that much: what refers to itself, for the rest is freed at
/// once.
const GARBAGE_THRESHOLD: u32 = 1 << 20;

pub fn part<'js>(ctx: &Ctx<'js>, handles: &Shared) -> Result<Object<'js>> {
    // SAFETY: the context lives, and its runtime as long as it.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_SetGCThreshold(runtime, GARBAGE_THRESHOLD as _);
    }
    let part = Object::new(ctx.clone())?;
    waiting(ctx, &part, handles)?;
    connections(ctx, &part, handles)?;
    texts(ctx, &part)?;
    placing(ctx, &part, handles)?;
    Ok(part)
}

fn waiting<'js>(ctx: &Ctx<'js>, part: &Object<'js>, handles: &Shared) -> Result<()> {
    part.set(
        "clock",
        Function::new(ctx.clone(), |ctx: Ctx<'js>| or_throw(&ctx, sockets::clock()))?,
    )?;
    let shared = handles.clone();
    part.set(
        "endings",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
            or_throw(&ctx, keep(&shared, sockets::endings()))
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "poll",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, of: Vec<f64>, wanted: Vec<u32>, milliseconds: Opt<Option<u32>>| {
                let list = of
                    .iter()
                    .enumerate()
                    .map(|(index, handle)| {
                        let descriptor = descriptor(&shared, *handle, "ppoll")?;
                        Ok((descriptor, wanted.get(index).copied().unwrap_or(0)))
                    })
                    .collect::<core::result::Result<Vec<_>, SysError>>();
                or_throw(
                    &ctx,
                    list.and_then(|list| sockets::poll(&list, milliseconds.0.flatten())),
                )
            },
        )?,
    )
}

fn connections<'js>(ctx: &Ctx<'js>, part: &Object<'js>, handles: &Shared) -> Result<()> {
    let shared = handles.clone();
    part.set(
        "listen",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, path: String, mode: u32| {
            or_throw(&ctx, keep(&shared, sockets::listen(&path, mode)))
        })?,
    )?;
    part.set(
        "isServed",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| {
            or_throw(&ctx, sockets::is_served(&path))
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "accept",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, listening: f64| {
            accept(&ctx, &shared, listening)
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "receive",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, connection: f64| {
            let received = descriptor(&shared, connection, "recvfrom").and_then(sockets::receive);
            copied(&ctx, or_throw(&ctx, received)?)
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "receiveDatagram",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, socket: f64| {
            let received = descriptor(&shared, socket, "recvfrom").and_then(netlink::receive_now);
            copied(&ctx, or_throw(&ctx, received)?)
        })?,
    )?;
    let shared = handles.clone();
    part.set(
        "send",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, connection: f64, bytes: TypedArray<'js, u8>, offset: usize| {
                // SAFETY: no script runs before the kernel has copied them; a detached buffer is empty.
                let bytes = unsafe { bytes.as_bytes() }.unwrap_or_default();
                let rest = bytes.get(offset..).ok_or(SysError::new(errno::EINVAL, "sendto"));
                let sent =
                    descriptor(&shared, connection, "sendto").and_then(|socket| sockets::send(socket, rest?));
                or_throw(&ctx, sent)
            },
        )?,
    )
}

fn accept<'js>(ctx: &Ctx<'js>, handles: &Shared, listening: f64) -> Result<Option<Object<'js>>> {
    let accepted = descriptor(handles, listening, "accept4").and_then(sockets::accept);
    let Some((connection, user)) = or_throw(ctx, accepted)? else {
        return Ok(None);
    };
    let made = Object::new(ctx.clone())?;
    made.set("connection", or_throw(ctx, keep(handles, Ok(connection)))?)?;
    made.set("user", user)?;
    Ok(Some(made))
}

/// Bytes as the scripts have them; none are undefined.
fn copied<'js>(ctx: &Ctx<'js>, bytes: Option<Vec<u8>>) -> Result<Option<TypedArray<'js, u8>>> {
    bytes
        .map(|bytes| TypedArray::<u8>::new_copy(ctx.clone(), bytes))
        .transpose()
}

fn texts<'js>(ctx: &Ctx<'js>, part: &Object<'js>) -> Result<()> {
    part.set(
        "encodeText",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, text: String| {
            TypedArray::<u8>::new_copy(ctx.clone(), text.as_bytes())
        })?,
    )?;
    part.set(
        "decodeText",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, bytes: TypedArray<'js, u8>| {
            // SAFETY: the bytes are copied before any script runs again; a detached buffer is empty.
            let copy = unsafe { bytes.as_bytes() }.unwrap_or_default().to_vec();
            or_throw(
                &ctx,
                String::from_utf8(copy).map_err(|_| SysError::new(errno::EILSEQ, "decode")),
            )
        })?,
    )
}

fn placing<'js>(ctx: &Ctx<'js>, part: &Object<'js>, handles: &Shared) -> Result<()> {
    let shared = handles.clone();
    part.set(
        "tryLock",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, handle: f64| {
            or_throw(
                &ctx,
                descriptor(&shared, handle, "flock").and_then(placing::try_lock),
            )
        })?,
    )?;
    part.set(
        "status",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| status(&ctx, &path))?,
    )?;
    part.set(
        "writeDurably",
        Function::new(
            ctx.clone(),
            |ctx: Ctx<'js>, path: String, text: String, mode: u32| {
                or_throw(&ctx, placing::write_durably(&path, &text, mode))
            },
        )?,
    )?;
    part.set(
        "copyExecutable",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| {
            or_throw(&ctx, placing::copy_executable(&path))
        })?,
    )?;
    part.set(
        "compareExecutable",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| {
            let kinship = or_throw(&ctx, placing::compare_executable(&path))?;
            Ok::<_, rquickjs::Error>(match kinship {
                Kinship::Same => "same",
                Kinship::Build => "build",
                Kinship::Other => "other",
            })
        })?,
    )?;
    part.set(
        "rename",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, from: String, to: String| {
            or_throw(&ctx, placing::rename(&from, &to))
        })?,
    )?;
    part.set(
        "syncFolder",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| {
            or_throw(&ctx, placing::sync_folder(&path))
        })?,
    )
}

fn status<'js>(ctx: &Ctx<'js>, path: &str) -> Result<Option<Object<'js>>> {
    let Some(status) = or_throw(ctx, placing::status(path))? else {
        return Ok(None);
    };
    let known = Object::new(ctx.clone())?;
    known.set("kind", kind_of(status.st_mode))?;
    known.set("mode", status.st_mode & 0o7777)?;
    known.set("size", status.st_size as f64)?;
    known.set("modified", status.st_mtime as i64 as f64)?;
    known.set("identity", placing::identity(&status))?;
    Ok(Some(known))
}

fn kind_of(mode: u32) -> &'static str {
    match mode & S_IFMT {
        S_IFREG => "file",
        S_IFDIR => "folder",
        S_IFLNK => "link",
        S_IFSOCK => "socket",
        _ => "other",
    }
}
