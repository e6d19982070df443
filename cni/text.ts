/** UTF-8 by hand: QuickJS has no TextEncoder. Lone surrogates become U+FFFD, as TextEncoder has it. */
export function encodeUtf8(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length)
  let at = 0
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x80) break
    ascii[at] = code
  }
  return at === text.length ? ascii : encodeAnyUtf8(text)
}

function encodeAnyUtf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (const letter of text) {
    const point = letter.codePointAt(0) ?? 0
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code))
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code))
  }
  return new Uint8Array(bytes)
}

const tail = (code: number): number => 0x80 | (code & 0x3f)

/**
 * The text of a NUL-terminated attribute. The kernel's own texts are ASCII; a byte of another encoding becomes U+FFFD,
 * for such names are only printed or compared with ours.
 */
export function decodeText(bytes: Uint8Array): string {
  const codes: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte === 0) break
    codes[i] = byte < 0x80 ? byte : 0xfffd
  }
  // In the engine, text grows by copying: a call with all letters costs less. It has a limit.
  if (codes.length <= mostArguments) return String.fromCharCode(...codes)
  return codes.map((code) => String.fromCharCode(code)).join('')
}

const mostArguments = 1000
