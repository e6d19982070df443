import type { Simulator, SimulatorReply, SimulatorRequest } from '../simulator.ts'
import type { Call } from './call-log.ts'
import { type Match, findMethod } from './catalogue.ts'
import { GceError, errorBody } from './errors.ts'
import { Estate } from './estate.ts'
import { type Fault, type Faults, createFaultBook } from './faults.ts'
import { History } from './history.ts'
import type { Context } from './method.ts'
import { type PermissionBook, createPermissionBook } from './permissions.ts'
import { GOOGLE_RATES, type RateCounter, type RateLimits, createRateCounter } from './rate-limits.ts'
import { createState, settleOperations } from './state.ts'

export interface GceSimulatorOptions {
  /** `europe-west1-b` and `-c`, if not given. */
  readonly zones?: readonly string[]
  /** How long an operation takes, in milliseconds; 0, which is the default, ends it before the next request. */
  readonly operationMs?: number | (() => number)
  /** For how long the past is known, for the fault `stale`, in milliseconds; it is not unless told. */
  readonly historyMs?: number
  /** `google`, which is the default: the documented rates. `off`: nothing is refused for them. */
  readonly rates?: 'google' | 'off' | Partial<RateLimits>
}

export interface GceSimulator extends Simulator {
  readonly faults: Faults
  readonly permissions: PermissionBook
  /** Every call so far, in the order of arrival, those that a fault struck too. */
  readonly calls: readonly Call[]
  /** What there is, made and changed by everybody else: not by calls. */
  readonly estate: Estate
  /** Ends the operations that are due; each request does too. */
  advance(now: number): void
}

type Outcome =
  | { readonly result: 'answered'; readonly body: string }
  | {
      readonly result: 'refused'
      readonly error: GceError
      readonly headers?: Readonly<Record<string, string>>
    }
  | { readonly result: 'page'; readonly status: number; readonly body: string }
  /** A fault took the request before it was looked at. */
  | { readonly result: 'lost' }

/**
 * The parts of the Compute Engine REST API (`compute/v1`) that routes need, as strict as Google's where its behaviour is
 * documented or was seen, and strict where it is not known. It starts with no project: {@link Estate} makes what is there.
 *
 * A request passes, in this order: token, path, project, permission, rate, injected fault, the names of its parameters, the method's
 * own checks. What writes answers with an operation, and takes effect when that ends.
 */
export function createGceSimulator(options: GceSimulatorOptions = {}): GceSimulator {
  const state = createState(options.zones ?? ['europe-west1-b', 'europe-west1-c'])
  const faults = createFaultBook()
  const permissions = createPermissionBook()
  const calls: Call[] = []
  const rates = ratesOf(options.rates ?? 'google')
  const history = new History(options.historyMs ?? 0)
  const { operationMs = 0 } = options

  const advance = (now: number): void => {
    history.keep(state, now)
    settleOperations(state, now)
  }

  const admit = (request: SimulatorRequest, path: string, now: number): Match => {
    const found = findMethod(request.method, path)
    if (found === undefined)
      throw new GceError(404, 'notFound', `The requested URL /compute/v1/${path} was not found.`)
    const project = found.path.get('project') ?? ''
    if (!state.projects.has(project))
      throw new GceError(404, 'notFound', `The resource 'projects/${project}' was not found`)
    permissions.check(found.method.name, project)
    rates?.take(project, found.method.group, now)
    return found
  }

  const handle = (request: SimulatorRequest, now: number): { reply: SimulatorReply; call: Call } => {
    advance(now)
    const { path, query } = readTarget(request.target)
    const token = tokenOf(request)
    const admitted = settle(() => {
      if (token === undefined) throw unauthenticated()
      return admit(request, path, now)
    })
    const parameters = new Map([...(admitted instanceof GceError ? [] : admitted.path), ...query])
    const method =
      admitted instanceof GceError
        ? (findMethod(request.method, path)?.method.name ?? '')
        : admitted.method.name
    const fault =
      admitted instanceof GceError ? undefined : faults.strike({ method, parameters, body: request.body })
    const seen = fault?.kind === 'stale' ? history.at(now - fault.ms) : undefined
    const context: Context = {
      state: seen ?? state,
      now,
      user: `${token ?? 'nobody'}@example.iam.gserviceaccount.com`,
      operationMs: () =>
        (typeof operationMs === 'number' ? operationMs : operationMs()) +
        (fault?.kind === 'operation-delay' ? fault.ms : 0),
      operationFault: fault?.kind === 'operation-error' ? fault.error : undefined,
    }
    const outcome: Outcome =
      admitted instanceof GceError
        ? { result: 'refused', error: admitted }
        : (outcomeOfFault(fault) ?? outcomeOf(settle(() => execute(admitted, query, request.body, context))))
    const reply = replyTo(outcome, fault)
    return {
      reply,
      call: {
        method,
        parameters: Object.fromEntries(parameters),
        body: request.body,
        ...(token === undefined ? {} : { token }),
        time: now,
        executed: outcome.result === 'answered',
        ...(reply.kind === 'response' ? { status: reply.status } : {}),
        ...(outcome.result === 'refused' ? { reason: outcome.error.reason } : {}),
        ...(fault === undefined ? {} : { fault: fault.kind }),
      },
    }
  }

  return {
    faults,
    permissions,
    calls,
    estate: new Estate(state),
    advance,
    handle(request, now) {
      const { reply, call } = handle(request, now)
      calls.push(call)
      return reply
    },
  }
}

function ratesOf(choice: NonNullable<GceSimulatorOptions['rates']>): RateCounter | undefined {
  if (choice === 'off') return undefined
  return createRateCounter(choice === 'google' ? GOOGLE_RATES : { ...GOOGLE_RATES, ...choice })
}

/** Parameters that every method takes: how the answer is written. */
const EVERYBODYS = new Set(['$prettyPrint', 'prettyPrint', 'alt', '$alt'])

function readTarget(target: string): { path: string; query: ReadonlyMap<string, string> } {
  const [path = '', query = ''] = target.split('?', 2)
  const parameters = [...new URLSearchParams(query)].filter(([name]) => !EVERYBODYS.has(name))
  return { path: path.replace(/^\/compute\/v1\//, ''), query: new Map(parameters) }
}

const tokenOf = ({ headers }: SimulatorRequest): string | undefined =>
  /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]

const unauthenticated = (): GceError =>
  new GceError(
    401,
    'required',
    'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
    { rpcStatus: 'UNAUTHENTICATED' },
  )

/** The body of the answer. */
function execute(
  { method, path }: Match,
  query: ReadonlyMap<string, string>,
  body: string,
  context: Context,
): string {
  for (const name of query.keys())
    if (!method.query.includes(name))
      throw new GceError(
        400,
        'invalid',
        `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter.`,
      )
  const parameters = new Map([...path, ...query])
  const request = {
    parameters,
    path: (name: string): string => path.get(name) ?? '',
    body: readBody(body),
  }
  return JSON.stringify(method.run(request, context))
}

function readBody(text: string): Readonly<Record<string, unknown>> {
  // Of a method that takes no body, clients of Google send none, or an empty string of JSON.
  if (text === '' || text === '""') return {}
  const parsed = ((): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  })()
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new GceError(400, 'parseError', 'Invalid JSON payload received.')
  return parsed as Readonly<Record<string, unknown>>
}

/** A defect of the simulator is an answer too, so that a test shows it where it happens. */
function settle<T>(work: () => T): T | GceError {
  try {
    return work()
  } catch (error) {
    if (error instanceof GceError) return error
    return new GceError(
      500,
      'internalError',
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    )
  }
}

const outcomeOf = (settled: string | GceError): Outcome =>
  settled instanceof GceError ? { result: 'refused', error: settled } : { result: 'answered', body: settled }

function outcomeOfFault(fault: Fault | undefined): Outcome | undefined {
  switch (fault?.kind) {
    case undefined:
    case 'reset-after':
    case 'hang-after':
    case 'operation-error':
    case 'operation-delay':
    case 'stale':
      return undefined
    case 'reset-before':
    case 'hang-before':
      return { result: 'lost' }
    case 'page':
      return { result: 'page', status: fault.status, body: fault.body }
    case 'error': {
      const { status, reason, message = 'An injected fault.', headers } = fault
      const details = reason === 'rateLimitExceeded' ? { domain: 'usageLimits' } : {}
      const error = new GceError(status, reason, message, details)
      return { result: 'refused', error, ...(headers === undefined ? {} : { headers }) }
    }
  }
}

function replyTo(outcome: Outcome, fault: Fault | undefined): SimulatorReply {
  if (fault?.kind === 'reset-before' || fault?.kind === 'reset-after') return { kind: 'reset' }
  if (fault?.kind === 'hang-before' || fault?.kind === 'hang-after') return { kind: 'hang' }
  const json = { 'content-type': 'application/json; charset=UTF-8', server: 'ESF' }
  switch (outcome.result) {
    case 'answered':
      return { kind: 'response', status: 200, headers: json, body: outcome.body }
    case 'refused':
      return {
        kind: 'response',
        status: outcome.error.status,
        headers: { ...json, ...outcome.headers },
        body: errorBody(outcome.error),
      }
    case 'page':
      return {
        kind: 'response',
        status: outcome.status,
        headers: { 'content-type': 'text/html' },
        body: outcome.body,
      }
    case 'lost':
      return { kind: 'hang' }
  }
}
