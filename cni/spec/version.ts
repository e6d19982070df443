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

/** @throws CniError "incompatible" (1) */
export function requireSupported(version: string): void {
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
  const [a, b] = [parseVersion(version), parseVersion(minimum)]
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

function parseVersion(version: string): readonly number[] {
  const parts = version.split('.')
  if (parts.length > 3)
    throw new CniError(ErrorCode.decoding, `invalid version ${JSON.stringify(version)}: too many parts`)
  return parts.map((part) => {
    const number = Number(part)
    if (String(number) !== part || !Number.isSafeInteger(number) || number < 0)
      throw new CniError(
        ErrorCode.decoding,
        `invalid version ${JSON.stringify(version)}: ${JSON.stringify(part)} is no number`,
      )
    return number
  })
}
