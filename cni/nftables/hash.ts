/** FNV-1a, twice: 64 bits, in hexadecimal digits, for a handful of texts. */
export function hash(text: string): string {
  let [low, high] = [0x811c9dc5, 0xcbf29ce4]
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193)
    high = Math.imul(high ^ text.charCodeAt(i), 0x01000195)
  }
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}
