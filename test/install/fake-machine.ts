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
