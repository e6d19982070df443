import { type JsonObject, optionalObject, optionalString, optionalStrings } from './json.ts'
import type { Dns } from './result.ts'

/**
 * Reads `dns` of an object; undefined if there is none.
 * @throws CniError "config" (7)
 */
export function readDns(parent: JsonObject, where: string): Dns | undefined {
  const dns = optionalObject(parent, 'dns', where)
  return (
    dns && {
      nameservers: optionalStrings(dns, 'nameservers', `${where}.nameservers`),
      domain: optionalString(dns, 'domain', `${where}.domain`),
      search: optionalStrings(dns, 'search', `${where}.search`),
      options: optionalStrings(dns, 'options', `${where}.options`),
    }
  )
}
