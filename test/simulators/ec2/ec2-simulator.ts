import type { Simulator, SimulatorReply } from '../simulator.ts'
import type { Action, Context, RouteLimits } from './action.ts'
import { authenticate } from './authentication.ts'
import type { Call } from './call-log.ts'
import { ACTIONS } from './catalogue.ts'
import { Ec2Error } from './errors.ts'
import { type Fault, type Faults, createFaultBook } from './faults.ts'
import { History } from './history.ts'
import { type PermissionBook, type Permissions, createPermissionBook } from './permissions.ts'
import { readParameters, refuseMissing, refuseUnknown } from './parameters.ts'
import { type Query, checkVersion, parseQuery } from './query.ts'
import { createState } from './state.ts'
import { AWS_BUCKETS, type BucketSize, type TokenBuckets, createTokenBuckets } from './token-bucket.ts'
import { writeAnswer, writeError } from './xml.ts'

export interface Ec2SimulatorOptions {
  /** Requests must be signed for it. `us-east-1` if not given. */
  readonly region?: string
  /**
   * `aws`, which is the default: the documented token buckets. A table: sizes by action, in place of AWS's for these.
   * `off`: nothing is throttled.
   */
  readonly buckets?: 'aws' | 'off' | Readonly<Record<string, BucketSize>>
  /** Routes a table may have of each family, local ones included. 500 each if not given, AWS's default. */
  readonly routeLimits?: Partial<RouteLimits>
  /** For how many milliseconds the past is kept, for faults of the kind `stale`; 0 if not given. */
  readonly history?: number
  /** The id of the key whose calls nothing hinders, neither a bucket nor a fault: of a test that arranges something. */
  readonly unhindered?: string
}

export interface Ec2Simulator extends Simulator {
  readonly faults: Faults
  readonly permissions: Permissions
  /** Every call so far, in the order of arrival, those that a fault struck too. */
  readonly calls: readonly Call[]
  /** From now on a table may have so many routes. */
  limitRoutes(limits: RouteLimits): void
}

const ACCOUNT_ID = '123456789012'

type Outcome =
  | { readonly result: 'answered'; readonly body: string }
  | { readonly result: 'refused'; readonly error: Ec2Error }
  /** A fault took the request before it was looked at. */
  | { readonly result: 'lost' }

/**
 * The EC2 query API (version 2016-11-15) of one account in one region, as strict as AWS where AWS's behaviour is
 * documented or was seen, and strict where it is not known. It starts empty: there is no default VPC.
 *
 * A request passes, in this order: signature, action and version, token bucket, injected fault, the names of its
 * parameters, permission, the action's own checks, dry run, work.
 */
export function createEc2Simulator(options: Ec2SimulatorOptions = {}): Ec2Simulator {
  const region = options.region ?? 'us-east-1'
  let routeLimits: RouteLimits = { v4: 500, v6: 500, ...options.routeLimits }
  const buckets = bucketsOf(options.buckets ?? 'aws')
  const state = createState()
  const history = new History(options.history ?? 0)
  const faults = createFaultBook()
  const permissions = createPermissionBook()
  const calls: Call[] = []

  const admit = (query: Query, now: number, hindered: boolean): Action => {
    const action = findAction(query)
    if (hindered && buckets?.take(query.action, query.parameters, now) === false)
      throw new Ec2Error('RequestLimitExceeded', 'Request limit exceeded.', 503)
    return action
  }

  return {
    faults,
    permissions,
    calls,
    limitRoutes: (limits) => void (routeLimits = limits),
    handle(request, now) {
      const requestId = `00000000-0000-4000-8000-${(calls.length + 1).toString(16).padStart(12, '0')}`
      const query = parseQuery(request)
      const signer = settle(() => authenticate(request, region))
      const hindered = options.unhindered === undefined || signer !== options.unhindered
      const admitted = signer instanceof Ec2Error ? signer : settle(() => admit(query, now, hindered))
      const fault =
        admitted instanceof Ec2Error || !hindered ? undefined : faults.strike(query.action, query.parameters)
      const seen = fault?.kind === 'stale' ? (history.at(now - fault.ms) ?? state) : state
      const context: Context = { state: seen, now, region, accountId: ACCOUNT_ID, routeLimits }
      if (!query.action.startsWith('Describe')) history.keep(state, now)
      const outcome: Outcome =
        admitted instanceof Ec2Error
          ? { result: 'refused', error: admitted }
          : (outcomeOfFault(fault) ??
            outcomeOf(settle(() => execute({ action: admitted, permissions, query, context, requestId }))))
      const reply = replyTo(outcome, fault, requestId)
      calls.push({
        action: query.action,
        parameters: Object.fromEntries(query.parameters),
        ...(signer instanceof Ec2Error ? {} : { accessKeyId: signer }),
        time: now,
        requestId,
        executed: outcome.result === 'answered',
        ...(reply.kind === 'response' ? { status: reply.status } : {}),
        ...(outcome.result === 'refused' ? { code: outcome.error.code } : {}),
        ...(fault === undefined ? {} : { fault: fault.kind }),
      })
      return reply
    },
  }
}

function bucketsOf(choice: NonNullable<Ec2SimulatorOptions['buckets']>): TokenBuckets | undefined {
  if (choice === 'off') return undefined
  if (choice === 'aws') return createTokenBuckets(AWS_BUCKETS)
  return createTokenBuckets({ ...AWS_BUCKETS, byAction: { ...AWS_BUCKETS.byAction, ...choice } })
}

function findAction(query: Query): Action {
  if (query.action === '')
    throw new Ec2Error('MissingAction', 'The request is missing an action or a required parameter.')
  const action = ACTIONS.get(query.action)
  if (action === undefined)
    throw new Ec2Error('InvalidAction', `The action ${query.action} is not valid for this web service.`)
  checkVersion(query)
  return action
}

interface Execution {
  readonly action: Action
  readonly permissions: PermissionBook
  readonly query: Query
  readonly context: Context
  readonly requestId: string
}

/** The body of the answer. */
function execute({ action, permissions, query, context, requestId }: Execution): string {
  refuseUnknown(query.parameters, ['DryRun', ...action.required, ...action.optional])
  refuseMissing(query.parameters, action.required)
  permissions.check(action.name, query.parameters, context)
  const parameters = readParameters(query.parameters)
  const dryRun = parameters.flag('DryRun') ?? false
  const work = action.prepare(parameters, context)
  if (dryRun)
    throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412)
  return writeAnswer(action.name, requestId, work())
}

/** A defect of the simulator is an answer too, so that a test shows it where it happens. */
function settle<T>(work: () => T): T | Ec2Error {
  try {
    return work()
  } catch (error) {
    if (error instanceof Ec2Error) return error
    return new Ec2Error(
      'InternalError',
      error instanceof Error ? (error.stack ?? error.message) : String(error),
      500,
    )
  }
}

const outcomeOf = (settled: string | Ec2Error): Outcome =>
  settled instanceof Ec2Error ? { result: 'refused', error: settled } : { result: 'answered', body: settled }

function outcomeOfFault(fault: Fault | undefined): Outcome | undefined {
  switch (fault?.kind) {
    case undefined:
    case 'reset-after':
    case 'hang-after':
    case 'stale':
      return undefined
    case 'reset-before':
    case 'hang-before':
      return { result: 'lost' }
    case 'error': {
      const status = fault.status ?? (fault.code === 'RequestLimitExceeded' ? 503 : 400)
      return {
        result: 'refused',
        error: new Ec2Error(fault.code, fault.message ?? 'An injected fault.', status),
      }
    }
  }
}

function replyTo(outcome: Outcome, fault: Fault | undefined, requestId: string): SimulatorReply {
  if (fault?.kind === 'reset-before' || fault?.kind === 'reset-after') return { kind: 'reset' }
  if (fault?.kind === 'hang-before' || fault?.kind === 'hang-after' || outcome.result === 'lost')
    return { kind: 'hang' }
  const refusal = outcome.result === 'refused' ? outcome.error : undefined
  return {
    kind: 'response',
    status: refusal?.status ?? 200,
    headers: {
      'content-type': 'text/xml;charset=UTF-8',
      'x-amzn-requestid': requestId,
      server: 'AmazonEC2',
    },
    body:
      outcome.result === 'answered'
        ? outcome.body
        : writeError(outcome.error.code, outcome.error.message, requestId),
  }
}
