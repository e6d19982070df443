import { chmod, mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface FakeMachine extends AsyncDisposable {
  /** An environment with nothing on its PATH but {@link FakeMachine.program}s. */
  readonly environment: NodeJS.ProcessEnv
  /** Holds nothing at first. */
  readonly cacheDir: string
  readonly dataDir: string
  /** Puts a shell script on the PATH. */
  program(name: string, script: string): Promise<string>
}

/** A machine in a temporary folder, to see what becomes of an installation there. */
export async function fakeMachine(): Promise<FakeMachine> {
  const root = await mkdtemp(join(tmpdir(), 'podway-fake-machine-'))
  const bin = join(root, 'bin')
  await mkdir(bin)
  return {
    environment: { PATH: bin, HOME: join(root, 'home') },
    cacheDir: join(root, 'cache'),
    dataDir: join(root, 'data'),
    program: async (name, script) => {
      const file = join(bin, name)
      await writeFile(file, `#!/bin/sh\n${script}\n`)
      await chmod(file, 0o755)
      return file
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

/** A Python that only tells about itself. */
export const pythonThatSays = (about: { readonly version: string; readonly venv?: boolean }): string =>
  `printf '%s' '${JSON.stringify({
    executable: '/usr/bin/python3',
    implementation: 'cpython',
    version: about.version.split('.').map(Number),
    machine: 'x86_64',
    venv: about.venv ?? true,
  })}'`

/** A Python 3.12 whose `-m venv` makes a folder with a copy of itself, and whose pip does what the script says. */
export const pythonWithPip = (pip: string): string => `
case "$1 $2" in
  "-I -c") printf '{"executable":"%s","implementation":"cpython","version":[3,12,1],"machine":"x86_64","venv":true}' "$0" ;;
  "-m venv") /bin/mkdir -p "$3/bin" && /bin/cp "$0" "$3/bin/python" ;;
  "-m pip") ${pip} ;;
esac`
