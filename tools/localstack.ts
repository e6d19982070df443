import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type LocalStackInstall, ensureLocalStack } from '../test/localstack/install.ts'
import { startLocalStack } from '../test/localstack/server.ts'

/**
 * `npm run localstack`: an empty AWS on this machine, until Ctrl-C; installed into the cache folder, if it is not yet.
 * With `--env` it prints instead what a shell needs to talk to it.
 */
async function localStack(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { port: { type: 'string', default: '4566' }, env: { type: 'boolean', default: false } },
  })
  const port = Number(values.port)
  const install = await ensureLocalStack({ log: (line) => console.error(line) })
  if (values.env) {
    console.log(forShell(install, port))
    return
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'podway-localstack-'))
  const stopped = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort())
  try {
    const server = await startLocalStack(install, { dataDir, port, signal: stopped.signal })
    console.log(`LocalStack ${install.version} answers at ${server.url}: an empty AWS.`)
    console.log('Ctrl-C ends it, and nothing of it is kept.')
    await ended(stopped.signal)
    await server.stop()
  } catch (error) {
    if (!stopped.signal.aborted) throw error
  } finally {
    await rm(dataDir, { recursive: true })
  }
}

/** A signal alone keeps no process alive. */
function ended(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => undefined, 2 ** 30)
  return new Promise((resolve) => {
    const end = (): void => {
      clearInterval(alive)
      resolve()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  })
}

/** For `eval`. An account of yours is neither used nor found: LocalStack takes any key. `podway` is this checkout's. */
const forShell = (install: LocalStackInstall, port: number): string =>
  [
    `export AWS_ENDPOINT_URL=http://127.0.0.1:${port}`,
    'export AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1',
    'export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test',
    'unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL_EC2 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
    'export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER=',
    `aws() { ${quoted(install.python)} -m awscli "$@"; }`,
    `podway() { ${quoted(process.execPath)} ${quoted(start)} "$@"; }`,
  ].join('\n')

const start = fileURLToPath(new URL('../bin/podway.js', import.meta.url))

const quoted = (path: string): string => `'${path.replaceAll("'", String.raw`'\''`)}'`

await localStack(process.argv.slice(2))
