//! The last resort: an error that the scripts did not report themselves still reaches the runtime as CNI says.

use std::panic;

use crate::process;

/// "Internal error" of the CNI libraries.
const CODE: u32 = 999;

/// Makes every panic end like a plugin: error JSON on standard output, exit code 1.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info| exit(&info.to_string())));
}

/// Reports the failure to the runtime and ends the process with code 1, at once and without unwinding.
pub fn exit(details: &str) -> ! {
    // If nobody reads standard output, there is nobody left to tell.
    let _ = process::print(libc::STDOUT_FILENO, &report(details));
    // SAFETY: _exit takes a number and does not return. Nothing of ours is buffered.
    unsafe { libc::_exit(1) }
}

fn report(details: &str) -> String {
    format!(
        "{{\n    \"cniVersion\": \"1.1.0\",\n    \"code\": {CODE},\n    \"msg\": \"internal error\",\n    \"details\": \"{}\"\n}}\n",
        escape(details)
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            letter if u32::from(letter) < 0x20 => escaped.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Ends the process with that code, without running destructors: the kernel frees everything faster.
pub fn leave(code: i32) -> ! {
    if !(0..=255).contains(&code) {
        std::process::abort()
    }
    // SAFETY: _exit takes a number and does not return. Standard output was written unbuffered.
    unsafe { libc::_exit(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_json_whatever_the_details_are() {
        let text = report("panicked at 'a\\b':\n\"quoted\"\u{1}");
        assert!(
            text.contains(r#""details": "panicked at 'a\\b':\u000a\"quoted\"\u0001""#),
            "{text}"
        );
        assert!(text.contains(r#""code": 999"#));
    }
}
