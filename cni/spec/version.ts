import { CniError, ErrorCode } from './error.ts'

/** The versions of the specification that configurations may be written in, oldest first. */
export const supportedVersions: readonly string[] = [
  '0.1.0',
  '0.2.0',
  '0.3.0',
  '0.3.1',
  '0.4.0',
  '1.0.0',
  '1.1.0',
]

export const newestVersion = '1.1.0'

/** What VERSION answers. */
export function formatVersions(): string {
  return `${JSON.stringify({ cniVersion: newestVersion, supportedVersions })}\n`
}

/** The oldest version of the specification whose configurations may use the verb. */
const sinceVersion: Readonly<Record<string, string>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' }

/**
 * Whether a configuration of that version may use the verb, with the checks, their order and their texts of
 * containernetworking/cni pkg/skel.
 *
 * @throws CniError "incompatible" (1), "decoding" (6)
 */
export function requireVersion(command: string, version: string): void {
  const since = sinceVersion[command]
  if (since !== undefined) {
    const allows = (whose: string): CniError =>
      new CniError(ErrorCode.incompatibleVersion, `${whose} version does not allow ${command}`)
    if (!isAtLeast(version, since)) throw allows('config')
    if (!isAtLeast(newestVersion, version)) throw allows('plugin')
  }
  requireSupported(version)
}

function requireSupported(version: string): void {
  if (supportedVersions.includes(version)) return
  const supported = supportedVersions.map((known) => JSON.stringify(known)).join(' ')
  throw new CniError(
    ErrorCode.incompatibleVersion,
    'incompatible CNI versions',
    `config is ${JSON.stringify(version)}, plugin supports [${supported}]`,
  )
}

/**
 * Whether `version` is `minimum` or newer.
 * @throws CniError "decoding" (6) if it is no version
 */
export function isAtLeast(version: string, minimum: string): boolean {
  // Most are known ones, whose order is known.
  const [place, least] = [supportedVersions.indexOf(version), supportedVersions.indexOf(minimum)]
  if (place >= 0 && least >= 0) return place >= least
  const [a, b] = [parseVersion(version), parseVersion(minimum)]
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

const partNames = ['major', 'minor', 'micro'] as const

/** With upstream's texts (pkg/version, ParseVersion), which has them of Go's strconv. */
function parseVersion(version: string): readonly number[] {
  const parts = version.split('.')
  if (parts.length > 3)
    throw new CniError(ErrorCode.decoding, `invalid version ${JSON.stringify(version)}: too many parts`)
  return parts.map((part, i) => {
    const number = Number(part)
    // Leading zeros are, as in Go, those of a decimal number.
    if (String(number).padStart(part.length, '0') !== part || !Number.isSafeInteger(number) || number < 0)
      throw new CniError(
        ErrorCode.decoding,
        `failed to convert ${partNames[i] ?? ''} version part ${JSON.stringify(part)}: strconv.Atoi: parsing ${JSON.stringify(part)}: invalid syntax`,
      )
    return number
  })
}
