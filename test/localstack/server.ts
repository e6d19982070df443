import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pRetry, { AbortError } from 'p-retry'
import { killGroup, tail } from '../install/command.ts'
import { freePort } from '../install/free-port.ts'
import type { LocalStackInstall } from './install.ts'

export interface LocalStackOptions {
  /** A free one if absent. */
  readonly port?: number
  /** LocalStack writes here and nowhere else. It may be made, and its log stays: removing it is the caller's. */
  readonly dataDir: string
  readonly signal?: AbortSignal
}

export interface RunningLocalStack {
  /** `http://127.0.0.1:port`, without a slash at the end: what `AWS_ENDPOINT_URL_EC2` wants. */
  readonly url: string
  readonly pid: number
  /** Ends it, with every process it has started, and forgets its state; the log stays. Idempotent. */
  stop(): Promise<void>
}

// Generous: it takes two seconds alone on a machine, and many times that where both cores are busy.
const patience = { everyMs: 100, atMostMs: 90_000 }

/**
 * Starts LocalStack's EC2 on a loopback port, and waits until its API answers. It needs no network but loopback, no
 * name service, no home and no account. Its state is in memory: every start is a new, empty cloud.
 *
 * It is killed when this process dies, however that happens.
 *
 * @throws Error with the end of LocalStack's log, if it does not get ready; nothing is left running then
 */
export async function startLocalStack(
  install: LocalStackInstall,
  options: LocalStackOptions,
): Promise<RunningLocalStack> {
  const { dataDir, signal } = options
  signal?.throwIfAborted()
  const port = await freePort(options.port ?? 0)
  const state = join(dataDir, 'state')
  const logFile = join(dataDir, 'localstack.log')
  await mkdir(state, { recursive: true })
  const log = await open(logFile, 'w')
  const child = spawn(install.python, ['-c', program, String(process.pid)], {
    cwd: state,
    env: environmentFor(state, port),
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  })
  const ended = once(child, 'exit').then(
    ([code, killer]) => `it ended with ${String(code ?? killer)}`,
    (error: unknown) => `it could not be started: ${String(error)}`,
  )
  await log.close()

  const end = async (): Promise<void> => {
    killGroup(child)
    await ended
    await rm(state, { recursive: true, force: true })
  }
  // Once only: afterwards the process id may be somebody else's.
  let ending: Promise<void> | undefined
  const stop = () => (ending ??= end())
  const url = `http://127.0.0.1:${port}`
  try {
    await ready(url, ended, signal)
  } catch (error) {
    await stop()
    signal?.throwIfAborted()
    throw new Error(
      `LocalStack ${install.version} did not start: ${(error as Error).message}\n` +
        `the end of its log, ${logFile}:\n${tail(await readFile(logFile, 'utf8'))}`,
      { cause: error },
    )
  }
  if (child.pid === undefined) throw new Error('unreachable: a process that answers has an id')
  return { url, pid: child.pid, stop }
}

/**
 * PR_SET_PDEATHSIG: LocalStack leads a process group of its own, so a Ctrl-C or a kill of ours does not reach it.
 * Without its own shutdown, too, which only takes seconds (and hangs with Python 3.13): there is nothing to save.
 */
const program = `
import ctypes, os, runpy, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]): sys.exit("orphaned before it began")
sys.argv = ["localstack"]
runpy.run_module("localstack.runtime.main", run_name="__main__")`

/** Nothing is inherited: proxies, AWS_*, DEBUG or a LocalStack account of the user would change what runs here. */
function environmentFor(state: string, port: number): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: state,
    TMPDIR: state,
    LOCALSTACK_VOLUME_DIR: join(state, 'volume'),
    PYTHONDONTWRITEBYTECODE: '1',
    SERVICES: 'ec2',
    // Else the first call pays for loading the service.
    EAGER_SERVICE_LOADING: '1',
    GATEWAY_LISTEN: `127.0.0.1:${port}`,
    // The default server, twisted, ignores the address above and listens on every interface.
    GATEWAY_SERVER: 'hypercorn',
    DNS_ADDRESS: '0',
    SKIP_SSL_CERT_DOWNLOAD: '1',
    DISABLE_EVENTS: '1',
  }
}

async function ready(url: string, ended: Promise<string>, signal: AbortSignal | undefined): Promise<void> {
  const giveUp = new AbortController()
  void ended.then((how) => giveUp.abort(new Error(how)))
  const signals = [giveUp.signal, ...(signal === undefined ? [] : [signal])]
  await pRetry(
    async () => {
      const attempt = AbortSignal.any([...signals, AbortSignal.timeout(5_000)])
      const response = await fetch(`${url}/_localstack/health`, { signal: attempt })
      const health = (await response.json()) as { readonly services: Readonly<Record<string, string>> }
      const ec2 = health.services.ec2 ?? 'missing'
      // It could not be loaded, and is not tried again.
      if (ec2 === 'error') throw new AbortError('its EC2 could not be loaded')
      if (ec2 !== 'running') throw new Error(`its EC2 is ${ec2}`)
    },
    {
      retries: patience.atMostMs / patience.everyMs,
      minTimeout: patience.everyMs,
      factor: 1,
      maxRetryTime: patience.atMostMs,
      signal: AbortSignal.any(signals),
    },
  )
}
