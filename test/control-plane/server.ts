import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pRetry from 'p-retry'
import { Agent, fetch } from 'undici'
import { freePort } from '../install/free-port.ts'
import { type Account, makeCredentials } from './accounts.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { compactHistory } from './etcd-history.ts'
import type { ControlPlaneInstall } from './install.ts'

export interface ControlPlaneOptions {
  /** Both programs write here and nowhere else. It may be made, and their logs stay: removing it is the caller's. */
  readonly dataDir: string
  /** Ends the waiting for readiness. */
  readonly signal?: AbortSignal
  /** Whether it writes down what service accounts of podway ask for: {@link RunningControlPlane.auditLog}. */
  readonly audited?: boolean
}

export interface RunningControlPlane {
  /** `https://127.0.0.1:port`, without a slash at the end. Never changes. */
  readonly url: string
  /** PEM file with the certificate that vouches for the API server. */
  readonly caFile: string
  /** May do everything. */
  readonly admin: Account
  /** The controller's service account: may do what RBAC says, and nothing before it says so. */
  readonly controller: Account
  /** The file where it writes that down, a line of JSON a request (audit.k8s.io/v1). */
  readonly auditLog: string
  /** The processes that run now. */
  readonly pids: readonly number[]
  /** The API server dies, and comes back with what etcd knows. Resolves when it is ready. */
  restart(): Promise<void>
  /** The history up to now is forgotten by etcd, and by the caches of the API server, which restarts. */
  compact(): Promise<void>
  /** Ends both, and forgets their state; the logs stay. Idempotent. */
  stop(): Promise<void>
}

// Generous: both are there in a few seconds alone on a machine, and in many times that where all cores are busy.
const patience = { everyMs: 50, atMostMs: 90_000 }

/**
 * Starts etcd and kube-apiserver on loopback ports, and waits until the API server is ready: a new, empty cluster with
 * RBAC, without controllers or nodes. It needs no network but loopback, no name service, no home and no account.
 *
 * Both are killed when this process dies, however that happens.
 *
 * @throws Error with the end of a log, if they do not get ready; nothing is left running then
 */
export async function startControlPlane(
  install: ControlPlaneInstall,
  options: ControlPlaneOptions,
): Promise<RunningControlPlane> {
  const { dataDir, signal } = options
  signal?.throwIfAborted()
  const state = join(dataDir, 'state')
  await mkdir(state, { recursive: true, mode: 0o700 })
  const [port, etcdPort] = await Promise.all([freePort(0), freePort(0)])
  const url = `https://127.0.0.1:${port}`
  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const auditLog = join(dataDir, 'audit.log')
  const auditFlags = options.audited === true ? await auditing(state, auditLog) : []
  const credentials = await makeCredentials(join(state, 'credentials'), url)
  const agent = new Agent({ connect: { ca: credentials.ca } })

  const daemon = (program: string, logName: string, args: readonly string[]): Promise<Daemon> =>
    startDaemon({ program, args, folder: state, logFile: join(dataDir, logName) })
  const startApiServer = async (): Promise<Daemon> => {
    const started = await daemon(install.apiserver, 'kube-apiserver.log', [
      ...apiServerFlags(url, etcdUrl, state),
      ...credentials.flags,
      ...auditFlags,
    ])
    await readyOrDead(`kube-apiserver ${install.version}`, started, `${url}/readyz`, agent, signal)
    return started
  }

  let etcd: Daemon | undefined
  let apiServer: Daemon | undefined
  const end = async (): Promise<void> => {
    await apiServer?.kill()
    await etcd?.kill()
    await agent.destroy()
    await rm(state, { recursive: true, force: true })
  }
  let ending: Promise<void> | undefined
  const stop = () => (ending ??= end())

  const restart = async (): Promise<void> => {
    await apiServer?.kill()
    apiServer = await startApiServer()
  }
  try {
    etcd = await daemon(install.etcd, 'etcd.log', etcdFlags(etcdUrl, state))
    await readyOrDead('etcd', etcd, `${etcdUrl}/readyz`, agent, signal)
    await restart()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    caFile: credentials.caFile,
    admin: credentials.admin,
    controller: credentials.controller,
    auditLog,
    get pids() {
      return [etcd, apiServer].flatMap((running) => (running === undefined ? [] : [running.pid]))
    },
    restart,
    compact: async () => {
      await compactHistory(etcdUrl, AbortSignal.timeout(patience.atMostMs))
      await restart()
    },
    stop,
  }
}

function etcdFlags(url: string, state: string): readonly string[] {
  // Nobody is to find it: it is a cluster of one.
  const peer = 'http://127.0.0.1:0'
  return [
    '--name=podway',
    `--data-dir=${join(state, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=podway=${peer}`,
    // A state that nobody wants back need not survive a power cut.
    '--unsafe-no-fsync',
  ]
}

function apiServerFlags(url: string, etcdUrl: string, state: string): readonly string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    // History goes when a test says so.
    '--etcd-compaction-interval=0',
    '--bind-address=127.0.0.1',
    `--secure-port=${new URL(url).port}`,
    // Left alone it looks for an address of this machine, and with none but loopback it gives up. (RFC 5737)
    '--advertise-address=192.0.2.1',
    '--endpoint-reconciler-type=none',
    `--cert-dir=${state}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    // Its objects come from a controller that does not run here.
    '--disable-admission-plugins=ServiceAccount',
  ]
}

/** Each request of podway's own, when it has been answered. */
async function auditing(state: string, log: string): Promise<readonly string[]> {
  const policy = join(state, 'audit-policy.json')
  const rules = [
    { level: 'Metadata', userGroups: ['system:serviceaccounts:podway-system'] },
    { level: 'None' },
  ]
  const omitStages = ['RequestReceived']
  await writeFile(
    policy,
    JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages, rules }),
  )
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`]
}

/** @throws Error with the end of the program's log, once it is dead; or the signal's reason */
async function readyOrDead(
  what: string,
  daemon: Daemon,
  probe: string,
  dispatcher: Agent,
  signal: AbortSignal | undefined,
): Promise<void> {
  const giveUp = new AbortController()
  void daemon.ended.then((how) => giveUp.abort(new Error(how)))
  const signals = [giveUp.signal, ...(signal === undefined ? [] : [signal])]
  try {
    await pRetry(
      async () => {
        const attempt = AbortSignal.any([...signals, AbortSignal.timeout(5_000)])
        const response = await fetch(probe, { dispatcher, signal: attempt })
        const answer = await response.text()
        if (!response.ok) throw new Error(`it answers ${response.status}: ${answer}`)
      },
      {
        retries: patience.atMostMs / patience.everyMs,
        minTimeout: patience.everyMs,
        factor: 1,
        maxRetryTime: patience.atMostMs,
        signal: AbortSignal.any(signals),
      },
    )
  } catch (error) {
    await daemon.kill()
    signal?.throwIfAborted()
    throw new Error(`${what} did not start: ${(error as Error).message}\n${await daemon.lastWords()}`, {
      cause: error,
    })
  }
}
