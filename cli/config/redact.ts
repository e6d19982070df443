/** What stands for a secret. */
export const redacted = '<redacted>'

/** A value without the user and password that a URL may hold. */
export const withoutPassword = (text: string): string =>
  text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi, `$1${redacted}@`)
