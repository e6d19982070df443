import { encodeUtf8 } from '../text.ts'
import { CniError, type ErrorCode } from './error.ts'

/**
 * The kernel's rules for names of interfaces (net/core/dev.c, dev_valid_name), with the texts of containernetworking/cni
 * pkg/utils behind the prefix. They also keep a name from climbing out of a folder as part of a path.
 *
 * @throws CniError of that code
 */
export function requireInterfaceName(name: string, code: ErrorCode, prefix = ''): string {
  const invalid = (message: string, details?: string): CniError =>
    new CniError(code, `${prefix}${message}`, details)
  if (encodeUtf8(name).length > 15)
    throw invalid('interface name is too long', 'interface name should be less than 16 characters')
  if (name === '.' || name === '..') throw invalid('interface name is . or ..')
  for (const letter of name) {
    if (letter === '/' || letter === ':' || letter.trim() === '')
      throw invalid('interface name contains / or : or whitespace characters')
  }
  return name
}
