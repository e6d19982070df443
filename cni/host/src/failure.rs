//! The last resort: an error that the scripts did not report themselves still reaches the runtime as CNI says.

use core::fmt::{self, Display, Write};

use crate::{process, system_call};

/// "Internal error" of the CNI libraries.
const CODE: u32 = 999;

/// Reports the failure to the runtime as error JSON on standard output and ends the process with code 1, at once and
/// without unwinding. It takes no memory, for there may be none.
pub fn exit(details: &dyn Display) -> ! {
    let mut report = Report::new();
    report.write(details);
    // If nobody reads standard output, there is nobody left to tell.
    let _ = process::print(process::STDOUT, report.text());
    system_call::exit(1)
}

/// The last characters of every report.
const END: &str = "\"\n}\n";

/// Error JSON whose details are cut off where the buffer ends.
struct Report {
    bytes: [u8; 4096],
    length: usize,
}

impl Report {
    fn new() -> Self {
        Self {
            bytes: [0; 4096],
            length: 0,
        }
    }

    fn write(&mut self, details: &dyn Display) {
        // What doesn't fit is left out: that is all that can go wrong.
        let _ = write!(
            Verbatim(self),
            "{{\n    \"cniVersion\": \"1.1.0\",\n    \"code\": {CODE},\n    \"msg\": \"internal error\",\n    \"details\": \""
        );
        let _ = write!(Escaped(self), "{details}");
        self.bytes[self.length..][..END.len()].copy_from_slice(END.as_bytes());
        self.length += END.len();
    }

    /// Appends, if the end fits behind it.
    fn append(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        if end + END.len() > self.bytes.len() {
            return Err(fmt::Error);
        }
        self.bytes[self.length..end].copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }

    fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

struct Verbatim<'a>(&'a mut Report);

impl Write for Verbatim<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.append(text)
    }
}

/// What is inside of a JSON string.
struct Escaped<'a>(&'a mut Report);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|letter| match letter {
            '"' => self.0.append("\\\""),
            '\\' => self.0.append("\\\\"),
            letter if u32::from(letter) < 0x20 => {
                // Whole or not at all: half of an escape is no JSON.
                let digits = u32::from(letter);
                let mut escape = *b"\\u0000";
                escape[4] += (digits >> 4) as u8;
                escape[5] = b"0123456789abcdef"[digits as usize & 15];
                self.0.append(core::str::from_utf8(&escape).unwrap_or_default())
            }
            letter => self.0.append(letter.encode_utf8(&mut [0; 4])),
        })
    }
}

/// Ends the process with that code, without running destructors: the kernel frees everything faster.
pub fn leave(code: i32) -> ! {
    if !(0..=255).contains(&code) {
        system_call::abort()
    }
    system_call::exit(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(details: &str) -> String {
        let mut report = Report::new();
        report.write(&details);
        report.text().to_owned()
    }

    #[test]
    fn the_report_is_json_whatever_the_details_are() {
        let text = report("panicked at 'a\\b':\n\"quoted\"\u{1}\u{1f}");
        assert!(
            text.ends_with("\"details\": \"panicked at 'a\\\\b':\\u000a\\\"quoted\\\"\\u0001\\u001f\"\n}\n"),
            "{text}"
        );
        assert!(text.contains(r#""code": 999"#));
    }

    #[test]
    fn long_details_are_cut_off_between_characters() {
        for letter in ["x", "\u{e4}", "\u{1f600}", "\n", "\""] {
            for offset in 0..8 {
                let text = report(&format!("{}{}", "x".repeat(offset), letter.repeat(10_000)));
                assert!(text.len() > 4000 && text.len() <= 4096, "{}", text.len());
                assert!(text.ends_with(END));
                let details = &text[text.find("details").unwrap() + 11..text.len() - END.len()];
                // No escape is torn: what is left without the whole ones has no backslash.
                let rest = details.replace("\\u000a", "").replace("\\\"", "");
                assert!(!rest.contains('\\'), "{rest}");
            }
        }
    }
}
