/**
 * Whether a text can be a container id or a network name: `^[a-zA-Z0-9][a-zA-Z0-9_.\-]*$`. It also keeps both from
 * climbing out of a folder as part of a path. Without a regular expression: the node binary's engine has none.
 */
export function hasNameCharacters(text: string): boolean {
  if (text === '') return false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const alphanumeric = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
    const punctuation = c === 95 || c === 46 || c === 45
    if (!alphanumeric && !(punctuation && i > 0)) return false
  }
  return true
}
