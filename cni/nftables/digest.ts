/**
 * Six bytes made of a text (FNV-1a, twice). Who wants to can find a second text for them: they only say where it is worth
 * looking.
 */
export function digest(text: string): Uint8Array {
  let [low, high] = [0x811c9dc5, 0xcbf29ce4]
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193)
    high = Math.imul(high ^ text.charCodeAt(i), 0x01000195)
  }
  return Uint8Array.of(high >>> 8, high, low >>> 24, low >>> 16, low >>> 8, low)
}
