/** Counts objects, so that equal histories give equal uids and generated names. */
export class Identity {
  #count = 0

  nextUid(): string {
    return `00000000-0000-4000-8000-${(++this.#count).toString(16).padStart(12, '0')}`
  }

  /** Five letters from the alphabet of generated names. */
  nextSuffix(): string {
    const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
    let rest = ++this.#count
    let suffix = ''
    for (let i = 0; i < 5; i++) {
      suffix = (alphabet[rest % alphabet.length] ?? '') + suffix
      rest = Math.floor(rest / alphabet.length)
    }
    return suffix
  }
}
