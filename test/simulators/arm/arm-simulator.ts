import { type JsonObject, isObject } from '../kubernetes/json.ts'
import type { Json } from '../kubernetes/json.ts'
import type { Simulator, SimulatorReply, SimulatorRequest } from '../simulator.ts'
import type { Call } from './call-log.ts'
import { type Found, actions, findOperation } from './catalogue.ts'
import { ArmError, badRequest, errorBody } from './errors.ts'
import { type Fault, type Faults, createFaultBook } from './faults.ts'
import { Machines } from './machines.ts'
import { configurationsOf } from './network-interfaces.ts'
import type { Answer, Context, Limits } from './operation.ts'
import { ArmState, type AsyncEnd, guid } from './state.ts'
import { Throttle } from './throttle.ts'

export interface ArmSimulatorOptions {
  /** Routes that a table takes; 1,000 unless told, Azure's default. */
  readonly routesPerTable?: number
  /** How long a write goes on behind its answer, in milliseconds; 0 unless told. */
  readonly operationMs?: () => number
  /** How long after that packets follow it; 0 unless told. */
  readonly effectiveMs?: number
  /** Items on a page of a list; 100 unless told. */
  readonly pageSize?: number
  /** `off`: nothing is throttled. The documented limits unless told. */
  readonly throttling?: 'azure' | 'off'
  /** For how long the past is known, for the fault `stale`, in milliseconds; it is not unless told. */
  readonly historyMs?: number
  /** Who may do what; everybody everything unless told. `principal` is the bearer token. */
  readonly permits?: (principal: string, action: string) => boolean
}

export interface ArmSimulator extends Simulator {
  readonly faults: Faults
  /** Every call so far, in the order of arrival, those that a fault struck too. */
  readonly calls: readonly Call[]
  readonly machines: Machines
  /** From now on a table takes so many routes. */
  limitRoutes(routesPerTable: number): void
  /** A resource as a GET shows it, but for its revision; no call is made for it. */
  document(id: string): JsonObject | undefined
  /** The routes that packets follow by the table, as its documents have them; undefined before it was ever written. */
  inForce(table: string, now: number): readonly Json[] | undefined
  /** Ends the operations that are due; each request does too. */
  advance(now: number): void
}

/** Versions of the API that are known, by resource provider: those of the SDKs that are tested with. */
const versions: Readonly<Record<string, readonly string[]>> = {
  'microsoft.network': ['2026-01-01', '2026-03-01'],
  'microsoft.compute': ['2018-10-01', '2025-04-01'],
  'microsoft.authorization': ['2016-09-01', '2022-04-01'],
  'microsoft.policyinsights': ['2024-10-01'],
  // Resource groups themselves.
  '': ['2021-04-01'],
}

/**
 * Azure Resource Manager, as far as a route controller sees it, as strict as the real one where its behaviour is
 * documented or was seen, and strict where it is not known. It starts empty; any subscription and resource group is there.
 *
 * A request passes, in this order: bearer token, operation, version, permission, throttling, injected fault, work.
 */
export function createArmSimulator(options: ArmSimulatorOptions = {}): ArmSimulator {
  const { operationMs = () => 0, permits = () => true, throttling = 'azure' } = options
  let limits: Limits = {
    routesPerTable: options.routesPerTable ?? 1_000,
    effectiveMs: options.effectiveMs ?? 0,
    pageSize: options.pageSize ?? 100,
  }
  const state = new ArmState()
  const throttle = throttling === 'azure' ? new Throttle() : undefined
  const faults = createFaultBook()
  const calls: Call[] = []
  const { historyMs = 0 } = options
  /** Oldest first: what was so until then. */
  let past: { readonly until: number; readonly state: ArmState }[] = []
  const advance = (now: number): void => {
    if (historyMs > 0)
      past = [...past.filter(({ until }) => until > now - historyMs), { until: now, state: state.copy() }]
    state.advance(now)
  }
  const machines = new Machines(state, (id, properties) => configurationsOf(state, id, properties, undefined))

  function serve(request: Parsed, now: number, record: Learnt): Answer | 'lost' {
    const principal = request.token
    if (principal === undefined)
      throw new ArmError(
        401,
        'AuthenticationFailed',
        "Authentication failed. The 'Authorization' header is missing.",
        {
          headers: {
            'www-authenticate':
              'Bearer authorization_uri="https://login.windows.net/", error="invalid_token", error_description="The authentication failed because of missing \'Authorization\' header."',
          },
        },
      )
    const { operation, parameters } = found(request)
    record.operation = operation.name
    const apiVersion = checkVersion(request)
    const demand = (action: string, scope: string, linked = false): void => {
      record.actions.push(action)
      if (!permits(principal, action))
        throw forbidden(principal, action, scope, linked ? operation.action : undefined)
    }
    demand(operation.action, request.path)
    const network = /\/providers\/microsoft\.network\//i.test(request.path)
    const { subscription = '' } = parameters
    record.headers = throttle?.take({ subscription, principal, method: request.method, network }, now) ?? {}
    const fault = faults.strike({ operation: operation.name, path: request.path, body: request.body })
    record.fault = fault
    if (fault?.kind === 'error')
      throw new ArmError(fault.status, fault.code, fault.message ?? 'An injected fault.', fault.options)
    if (fault?.kind === 'reset-before' || fault?.kind === 'hang-before') return 'lost'
    const lag = fault?.kind === 'stale' ? fault.ms : 0
    const context: Context = {
      state: (lag === 0 ? undefined : past.find(({ until }) => until > now - lag)?.state) ?? state,
      now,
      limits,
      parameters,
      query: request.query,
      origin: request.origin,
      apiVersion,
      id: decodeURIComponent(request.path),
      body: bodyOf(request.body),
      ifMatch: request.ifMatch,
      demand: (action, scope) => demand(action, scope, true),
      permitted: () => actions.filter((action) => permits(principal, action)),
      fate: { ms: operationMs(), end: endOf(fault) },
    }
    const answer = operation.handle(context)
    // What takes no time is over before anybody can ask.
    state.advance(now)
    return answer
  }

  return {
    faults,
    calls,
    machines,
    limitRoutes: (routesPerTable) => void (limits = { ...limits, routesPerTable }),
    document: (id) => state.get(id)?.doc,
    inForce: (table, now) =>
      state.effective.get(table.toLowerCase())?.findLast(({ from }) => from <= now)?.routes,
    advance,
    handle(raw, now) {
      advance(now)
      const request = parse(raw)
      const requestId = guid(calls.length + 1)
      const record: Learnt = { operation: '', actions: [], headers: {}, fault: undefined }
      const outcome = settle(() => serve(request, now, record))
      const reply = replyTo(outcome, record, requestId)
      calls.push({
        method: request.method,
        operation: record.operation,
        actions: record.actions,
        path: request.path,
        query: Object.fromEntries(request.query),
        ifMatch: request.ifMatch,
        body: request.body,
        ...(request.token !== undefined && { token: request.token }),
        time: now,
        requestId,
        executed: outcome !== 'lost' && !(outcome instanceof ArmError),
        ...(reply.kind === 'response' && { status: reply.status }),
        ...(outcome instanceof ArmError && { code: outcome.code }),
        ...(record.fault !== undefined && { fault: record.fault.kind }),
      })
      return reply
    },
  }
}

/** What is learnt of a call while it is served. */
interface Learnt {
  operation: string
  actions: string[]
  headers: Readonly<Record<string, string>>
  fault: Fault | undefined
}

interface Parsed {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly origin: string
  readonly token: string | undefined
  readonly ifMatch: string | undefined
  readonly body: string
}

function parse({ method, target, headers, body }: SimulatorRequest): Parsed {
  const url = new URL(target, 'https://simulator.invalid')
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    origin: `https://${headers.host ?? 'management.azure.com'}`,
    token: /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1],
    ifMatch: headers['if-match'],
    body,
  }
}

function found({ method, path }: Parsed): Found {
  const operation = findOperation(method, path)
  if (operation !== undefined) return operation
  throw new ArmError(
    404,
    'InvalidResourceType',
    `The resource type could not be found for ${method} ${path}: this simulator does not know it.`,
  )
}

function checkVersion({ path, query }: Parsed): string {
  const version = query.get('api-version')
  if (version === null)
    throw badRequest(
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    )
  // What is about another resource is of its own provider.
  const provider = /.*\/providers\/([^/]+)/.exec(path)?.[1] ?? ''
  const known = versions[provider.toLowerCase()] ?? []
  if (known.includes(version)) return version
  throw badRequest(
    'InvalidApiVersionParameter',
    `The api-version '${version}' is invalid. The supported versions are '${known.join(',')}'.`,
  )
}

/** Source: https://learn.microsoft.com/en-us/azure/role-based-access-control/troubleshooting */
function forbidden(principal: string, action: string, scope: string, by: string | undefined): ArmError {
  const client = `The client '${principal}' with object id '${guid(0)}'`
  return by === undefined
    ? new ArmError(
        403,
        'AuthorizationFailed',
        `${client} does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
      )
    : new ArmError(
        403,
        'LinkedAuthorizationFailed',
        `${client} has permission to perform action '${by}' on scope '${scope}'; however, it does not have permission to perform action(s) '${action}' on the linked scope(s) '${scope}' or the linked scope(s) are invalid.`,
      )
}

function bodyOf(text: string): JsonObject {
  if (text === '') return {}
  try {
    const body = JSON.parse(text) as Json
    if (isObject(body)) return body
  } catch {
    // Said below.
  }
  throw badRequest('InvalidRequestContent', 'The request content was invalid and could not be deserialized.')
}

const endOf = (fault: Fault | undefined): AsyncEnd =>
  fault?.kind === 'operation-ends'
    ? { status: fault.status, error: { code: fault.code, message: fault.message } }
    : { status: 'Succeeded' }

/** A defect of the simulator is an answer too, so that a test shows it where it happens. */
function settle<T>(work: () => T): T | ArmError {
  try {
    return work()
  } catch (error) {
    if (error instanceof ArmError) return error
    return new ArmError(
      500,
      'InternalServerError',
      error instanceof Error ? (error.stack ?? '') : String(error),
    )
  }
}

function replyTo(
  outcome: Answer | 'lost' | ArmError,
  { fault, headers }: Learnt,
  requestId: string,
): SimulatorReply {
  if (fault?.kind === 'reset-before' || fault?.kind === 'reset-after') return { kind: 'reset' }
  if (fault?.kind === 'hang-before' || fault?.kind === 'hang-after' || outcome === 'lost')
    return { kind: 'hang' }
  const refusal = outcome instanceof ArmError ? outcome : undefined
  const answer: Answer =
    outcome instanceof ArmError ? { status: outcome.status, body: errorBody(outcome) } : outcome
  return {
    kind: 'response',
    status: answer.status,
    headers: {
      ...(answer.body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
      'x-ms-request-id': requestId,
      'x-ms-correlation-request-id': requestId,
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      ...headers,
      ...answer.headers,
      ...refusal?.options.headers,
    },
    body: answer.body === undefined ? '' : JSON.stringify(answer.body),
  }
}
