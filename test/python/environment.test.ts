import { access, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type FakeMachine, fakeMachine } from '../install/fake-machine.ts'
import {
  type InstallOptions,
  type PythonEnvironment,
  ensurePythonEnvironment,
  environmentName,
  pinnedVersion,
} from './environment.ts'
import { pythonThatSays, pythonWithPip } from './fake-python.ts'

const silent = () => undefined
const fileOf = (folder: string): string =>
  fileURLToPath(new URL(`../${folder}/requirements.txt`, import.meta.url))

const ensure = (machine: FakeMachine, options: Partial<InstallOptions> = {}): Promise<PythonEnvironment> =>
  ensurePythonEnvironment(
    { what: 'LocalStack', main: 'localstack-core', requirementsFile: fileOf('localstack') },
    { ...machine, log: silent, ...options },
  )

describe.each([
  ['localstack', 'localstack-core', '4.14.0', 50],
  ['boto3', 'boto3', '1.44.5', 6],
])('the pins of %s', async (folder, main, version, more) => {
  const requirements = await readFile(fileOf(folder), 'utf8')

  test('name the version', () => {
    expect(pinnedVersion(requirements, main)).toBe(version)
  })

  test('are exact, and have hashes', () => {
    const entries = requirements.split(/\n(?=\S)/).map((entry) => entry.trim())
    const exact = /^[a-z0-9-]+(\[[a-z0-9-]+\])?==\S+ \\\n( {4}--hash=sha256:[0-9a-f]{64}( \\\n)?)+$/
    expect(entries.filter((entry) => !exact.test(entry))).toEqual([])
    expect(entries.length).toBeGreaterThan(more)
  })

  test('name no registry', () => {
    expect(requirements).not.toMatch(/:\/\/|index|find-links/)
  })
})

describe('a pin', () => {
  test.each([
    ['alone', 'boto3==1.2.3'],
    ['with hashes', 'boto==9\nboto3==1.2.3 \\\n    --hash=sha256:00\nboto3-stubs==7'],
  ])('%s', (_what, requirements) => {
    expect(pinnedVersion(requirements, 'boto3')).toBe('1.2.3')
  })

  test('that is missing', () => {
    expect(() => pinnedVersion('boto3-stubs==1\nboto3>=2', 'boto3')).toThrow('do not pin boto3')
  })
})

describe('the name of an installation', () => {
  const name = environmentName('LocalStack', '4.14.0', 'localstack-core==4.14.0', {
    tag: 'cpython-3.11.7-x86_64',
  })

  test('tells the version and the Python', () => {
    expect(name).toMatch(/^localstack-4\.14\.0-[0-9a-f]{12}-cpython-3\.11\.7-x86_64$/)
  })

  test.each([
    ['another pin', 'localstack-core==4.14.0\nmoto-ext==5.1.55', 'cpython-3.11.7-x86_64'],
    ['another Python', 'localstack-core==4.14.0', 'cpython-3.11.8-x86_64'],
    ['another machine', 'localstack-core==4.14.0', 'cpython-3.11.7-aarch64'],
  ])('changes with %s', (_what, pins, tag) => {
    expect(environmentName('LocalStack', '4.14.0', pins, { tag })).not.toBe(name)
  })
})

describe('what is missing is named', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'no Python',
      {},
      'LocalStack needs Python 3.11 or newer with its venv module; there is no python3 on the PATH',
    ],
    ['an old Python', { python3: pythonThatSays({ version: '3.10.13' }) }, 'python3 is 3.10.13, too old'],
    ['Python 2', { python3: pythonThatSays({ version: '2.7.18' }) }, 'python3 is 2.7.18, too old'],
    [
      'no venv module',
      { python3: pythonThatSays({ version: '3.13.5', venv: false }) },
      'python3 (3.13.5) lacks the venv module (Debian, Ubuntu: apt-get install python3-venv)',
    ],
    ['a shim without a Python', { python3: 'exit 127' }, 'there is no python3 on the PATH'],
    [
      'several, none of which serves',
      {
        python3: pythonThatSays({ version: '3.9.2' }),
        'python3.12': pythonThatSays({ version: '3.12.1', venv: false }),
      },
      'python3 is 3.9.2, too old; python3.12 (3.12.1) lacks the venv module',
    ],
  ])('%s', async (_what, programs, message) => {
    await using machine = await fakeMachine()
    for (const [name, script] of Object.entries(programs)) await machine.program(name, script)
    await expect(ensure(machine)).rejects.toThrow(message)
  })

  test('a cache folder that can not be written', async () => {
    await using machine = await fakeMachine()
    const file = await machine.program('python3', pythonWithPip('true'))
    await expect(ensure(machine, { cacheDir: join(file, 'cache') })).rejects.toThrow(
      /can't be installed in .*python3\/cache \(XDG_CACHE_HOME chooses another place\): ENOTDIR/,
    )
  })

  test('a package index that does not answer', async () => {
    await using machine = await fakeMachine()
    await machine.program('python3', pythonWithPip('echo "ERROR: No matching distribution" >&2; exit 1'))
    await expect(ensure(machine)).rejects.toThrow(
      /is the package index reachable\?\):\n {2}ERROR: No matching distribution/,
    )
    expect(await readdir(machine.cacheDir)).toEqual([])
  })

  test('a venv module that fails', async () => {
    await using machine = await fakeMachine()
    const python = pythonWithPip('true').replace(/\/bin\/mkdir .*;;/, 'echo disk full; exit 1 ;;')
    await machine.program('python3', python)
    await expect(ensure(machine)).rejects.toThrow(/could not make a virtual environment:\n {2}disk full/)
    expect(await readdir(machine.cacheDir)).toEqual([])
  })
})

describe('an installation', () => {
  const isThere = (python: string) => access(python)

  test('is made once, and says what it does', async () => {
    await using machine = await fakeMachine()
    await machine.program('python3', pythonWithPip('echo "Installing collected packages"'))
    const said: string[] = []
    const first = await ensure(machine, { log: (line) => said.push(line) })
    expect(said).toEqual([
      expect.stringMatching(/making a Python environment with .*python3$/),
      expect.stringMatching(/installing [0-9]+ packages, once on this machine$/),
      expect.stringMatching(/unpacking [0-9]+ packages$/),
      expect.stringMatching(/ready in .*localstack-4\.14\.0-/),
    ])
    await isThere(first.python)

    await machine.program('python3', pythonWithPip('exit 1'))
    const again: string[] = []
    expect(await ensure(machine, { log: (line) => again.push(line) })).toEqual(first)
    expect(again).toEqual([])
  })

  test('is shared by runs that make it at the same time', async () => {
    await using machine = await fakeMachine()
    await machine.program('python3', pythonWithPip('true'))
    const runs = await Promise.all([1, 2, 3].map(() => ensure(machine)))
    expect(new Set(runs.map(({ python }) => python)).size).toBe(1)
    expect(await readdir(machine.cacheDir)).toHaveLength(1)
    await isThere(runs[0]?.python ?? '')
  })

  test('is made anew when the Python that it links to has gone', async () => {
    await using machine = await fakeMachine()
    await machine.program('python3', pythonWithPip('true'))
    const { python } = await ensure(machine)
    await rm(python)
    await symlink('/nowhere/python3', python)
    await ensure(machine)
    await isThere(python)
    expect(await readdir(machine.cacheDir)).toHaveLength(1)
  })

  test('that was aborted leaves nothing, and no process', async () => {
    await using machine = await fakeMachine()
    await machine.program(
      'python3',
      pythonWithPip('echo "Installing collected packages"; exec /bin/sleep 1000'),
    )
    const abort = new AbortController()
    const log = (line: string) => {
      if (line.includes('unpacking')) abort.abort(new Error('enough'))
    }
    await expect(ensure(machine, { log, signal: abort.signal })).rejects.toThrow('enough')
    expect(await readdir(machine.cacheDir)).toEqual([])
  })

  test('that was killed is cleared away by the next, one that goes on is not', async () => {
    await using machine = await fakeMachine()
    await machine.program('python3', pythonWithPip('true'))
    const { python } = await ensure(machine)
    const folder = dirname(dirname(python))
    await rm(folder, { recursive: true })
    // Above the highest process id that Linux gives (2^22), so it is nobody's.
    await mkdir(`${folder}.partial-4194999-abc/bin`, { recursive: true })
    await mkdir(`${folder}.partial-${process.pid}-abc/bin`, { recursive: true })
    await ensure(machine)
    expect((await readdir(machine.cacheDir)).map((name) => join(machine.cacheDir, name)).sort()).toEqual([
      folder,
      `${folder}.partial-${process.pid}-abc`,
    ])
  })
})
