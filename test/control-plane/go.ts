import { runCommand } from '../install/command.ts'

/** A Go toolchain on this machine that can build the control plane. */
export interface Go {
  /** `go1.26.8-linux-amd64`: what binaries made with it depend on. */
  readonly tag: string
}

export interface GoVersion {
  readonly major: number
  readonly minor: number
}

/** Since then an older go fetches the toolchain that a module asks for, unless it was told not to. */
const fetchesToolchains: GoVersion = { major: 1, minor: 21 }

/**
 * Finds a Go on the PATH that is at least as new, or that may fetch one that is.
 * @throws Error that says in a sentence what was found, and what is missing
 */
export async function findGo(
  wanted: GoVersion,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Go> {
  const need = `The Kubernetes API server is built with Go ${wanted.major}.${wanted.minor} or newer`
  // In the root folder no module says which toolchain to fetch.
  const { exitCode, stdout } = await runCommand('go', ['env', '-json', ...variables], {
    environment,
    signal,
    folder: '/',
  })
  if (exitCode !== 0) throw new Error(`${need}; there is no working go on the PATH.`)
  const { GOVERSION, GOTOOLCHAIN, GOOS, GOARCH } = JSON.parse(stdout) as Portrait
  const found = parseGoVersion(GOVERSION)
  const mayFetch = isAtLeast(found, fetchesToolchains) && /^auto$|\+auto$/.test(GOTOOLCHAIN)
  if (!isAtLeast(found, wanted) && !mayFetch)
    throw new Error(`${need}; this is ${GOVERSION}, and it may not fetch a newer one.`)
  return { tag: `${GOVERSION}-${GOOS}-${GOARCH}`.replaceAll(/[^a-zA-Z0-9.-]/g, '_') }
}

const variables = ['GOVERSION', 'GOTOOLCHAIN', 'GOOS', 'GOARCH'] as const
type Portrait = Readonly<Record<(typeof variables)[number], string>>

/** Of `go env GOVERSION`: `go1.26.8`, `devel go1.27-5d1ca3a`. @throws Error for anything else */
export function parseGoVersion(text: string): GoVersion {
  const found = /\bgo(\d+)\.(\d+)/.exec(text)
  if (found === null) throw new Error(`"${text}" is no version of Go`)
  return { major: Number(found[1]), minor: Number(found[2]) }
}

const isAtLeast = (found: GoVersion, wanted: GoVersion): boolean =>
  found.major > wanted.major || (found.major === wanted.major && found.minor >= wanted.minor)
