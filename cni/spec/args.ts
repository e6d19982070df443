import { CniError, ErrorCode } from './error.ts'

/**
 * Reads CNI_ARGS (`KEY=value;KEY=value`) with the rules and texts of containernetworking/cni pkg/types LoadArgs: keys
 * that are not known are an error unless `IgnoreUnknown` is set.
 *
 * @throws CniError "internal" (999), as upstream
 */
export function loadArgs(text: string, known: readonly string[]): ReadonlyMap<string, string> {
  const args = new Map<string, string>()
  const unknown: string[] = []
  if (text === '') return args
  for (const pair of text.split(';')) {
    const [key, value, ...rest] = pair.split('=')
    if (key === undefined || value === undefined || rest.length > 0)
      throw failure(`ARGS: invalid pair ${JSON.stringify(pair)}`)
    if (key === 'IgnoreUnknown' || known.includes(key)) args.set(key, value)
    else unknown.push(pair)
  }
  if (unknown.length > 0 && !ignoresUnknown(args.get('IgnoreUnknown') ?? 'false'))
    throw failure(`ARGS: unknown args [${unknown.map((pair) => JSON.stringify(pair)).join(' ')}]`)
  return args
}

function ignoresUnknown(value: string): boolean {
  switch (value.toLowerCase()) {
    case '1':
    case 'true':
      return true
    case '0':
    case 'false':
      return false
    default:
      throw failure(
        `ARGS: error parsing value of pair ${JSON.stringify(`IgnoreUnknown=${value}`)}: boolean unmarshal error: invalid input ${value.toLowerCase()}`,
      )
  }
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
