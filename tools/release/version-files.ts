/** A file that bears the version, and how it says it: the text between the two groups is the version. */
export interface VersionFile {
  readonly path: string
  readonly patterns: readonly RegExp[]
}

/** Every place where the version of podway stands. */
export const versionFiles: readonly VersionFile[] = [
  { path: 'package.json', patterns: [/^(\{\n {2}"name": "podway",\n {2}"version": ")[^"]*(")/] },
  {
    path: 'package-lock.json',
    patterns: [
      /^(\{\n {2}"name": "podway",\n {2}"version": ")[^"]*(")/,
      /("": \{\n {6}"name": "podway",\n {6}"version": ")[^"]*(")/,
    ],
  },
  { path: 'cni/host/Cargo.toml', patterns: [/^(\[package\]\nname = "podway-cni"\nversion = ")[^"]*(")/] },
  { path: 'cni/host/Cargo.lock', patterns: [/(name = "podway-cni"\nversion = ")[^"]*(")/] },
  {
    path: 'deploy/chart/podway/Chart.yaml',
    patterns: [/(\nversion: )\S+(\n)/, /(\nappVersion: ['"]?)[^'"\n]+(['"]?\n)/],
  },
]

/** The text with that version. @throws Error if it doesn't say one where it should */
export function withVersion(text: string, { path, patterns }: VersionFile, version: string): string {
  return patterns.reduce((before, pattern) => {
    if (!pattern.test(before))
      throw new Error(`${path} does not say the version where it used to: ${pattern}`)
    return before.replace(pattern, `$1${version}$2`)
  }, text)
}

/** @throws Error unless it is a later one than that, by SemVer, without build metadata */
export function requireLater(version: string, current: string): void {
  const [next, before] = [parse(version), parse(current)]
  if (next === undefined)
    throw new Error(`${version} is no version: expected something like 0.2.0 or 1.0.0-rc.1`)
  if (before !== undefined && compare(next, before) <= 0)
    throw new Error(`${version} is not later than ${current}, which package.json says`)
}

interface Version {
  readonly numbers: readonly number[]
  readonly pre: readonly string[]
}

function parse(text: string): Version | undefined {
  const number = '(0|[1-9]\\d*)'
  const pattern = new RegExp(`^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?$`)
  const found = pattern.exec(text)
  if (found === null) return undefined
  return { numbers: found.slice(1, 4).map(Number), pre: found[4]?.split('.') ?? [] }
}

/** https://semver.org/#spec-item-11 */
function compare(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0)
    if (difference !== 0) return difference
  }
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const [x, y] = [a.pre[i], b.pre[i]]
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    if (x === y) continue
    const numeric = [/^\d+$/.test(x), /^\d+$/.test(y)]
    if (numeric[0] === true && numeric[1] === true) return Number(x) - Number(y)
    if (numeric[0] !== numeric[1]) return numeric[0] === true ? -1 : 1
    return x < y ? -1 : 1
  }
  return 0
}
