export interface FakeGo {
  /** `go1.26.8` */
  readonly version: string
  readonly toolchain?: string
  /** What it does instead of listing packages, in shell. */
  readonly list?: string
  /** What it does instead of writing a program, in shell. */
  readonly build?: string
}

/** A shell script that is as much of a `go` as an installation needs. */
export const fakeGo = ({ version, toolchain = 'local', list, build }: FakeGo): string => {
  const portrait = { GOVERSION: version, GOTOOLCHAIN: toolchain, GOOS: 'linux', GOARCH: 'amd64' }
  return `
case "$1" in
  env) printf '%s' '${JSON.stringify(portrait)}' ;;
  list) ${list ?? 'echo one; echo two'} ;;
  build)
    ${build ?? ''}
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\n' > "$2" && /bin/chmod 755 "$2" ;;
esac`
}
