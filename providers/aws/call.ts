import type { ApiBudget } from '../budget.ts'
import { ProviderError } from '../errors.ts'
import { type Ec2Action, type Ec2Api, isWrite } from './ec2-api.ts'
import { classify } from './errors.ts'

/** EC2 of one account in one region, and what we may ask of it. Only this module calls the API. */
export interface Ec2 {
  readonly api: Ec2Api
  readonly budget: ApiBudget
  /** How long one call that writes may take: no longer than the client lets any. As long as that unless told. */
  readonly writeTimeoutMs?: number | undefined
}

export interface CallOptions {
  readonly abortSignal: AbortSignal
  readonly requestTimeout?: number
}

type Send<T> = (api: Ec2Api, options: CallOptions) => Promise<T>

/**
 * The one way to EC2: every call of the adapter goes through here, or through {@link callForAll} or {@link reserve}. It
 * waits until the action's budget has room for it.
 * @throws ProviderError, or the signal's reason once it is aborted (a write that was on its way may have happened)
 */
export function call<T>(ec2: Ec2, action: Ec2Action, signal: AbortSignal, send: Send<T>): Promise<T> {
  return ec2.budget.run(action, signal, () => attempt(ec2, action, signal, send))
}

/** A call whose turn has come. If it is not made, its turn is the next one's when it is disposed of. */
export interface ReservedCall extends Disposable {
  /** Once. @throws as {@link call} */
  send<T>(send: Send<T>): Promise<T>
}

/**
 * Waits for the turn of a write that has to look before: so what it sees is fresh, however long the line. Without it, a
 * hundred deletes would read the table at once, and the last of them write half a minute later.
 */
export async function reserve(ec2: Ec2, action: Ec2Action, signal: AbortSignal): Promise<ReservedCall> {
  const permit = await ec2.budget.reserve(action, signal)
  return {
    send: (send) => permit.run(() => attempt(ec2, action, signal, send)),
    [Symbol.dispose]: () => permit[Symbol.dispose](),
  }
}

async function attempt<T>(
  { api, writeTimeoutMs }: Ec2,
  action: Ec2Action,
  signal: AbortSignal,
  send: Send<T>,
): Promise<T> {
  signal.throwIfAborted()
  const isHurried = writeTimeoutMs !== undefined && isWrite(action)
  try {
    return await send(api, {
      abortSignal: signal,
      ...(isHurried ? { requestTimeout: writeTimeoutMs } : {}),
    })
  } catch (error) {
    signal.throwIfAborted()
    throw classify(error, action)
  }
}

/**
 * All pages of one reading. A page without the list that it is about is no answer of EC2 (which sends an empty one) but
 * of something in between, and must not pass for "there is nothing": the SDK takes an empty body for a success.
 */
export async function callForAll<Page extends { readonly NextToken?: string | undefined }, Item>(
  ec2: Ec2,
  action: Ec2Action,
  signal: AbortSignal,
  send: (
    api: Ec2Api,
    page: { readonly NextToken: string | undefined },
    options: CallOptions,
  ) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): Promise<readonly Item[]> {
  const all: Item[] = []
  let NextToken: string | undefined
  do {
    const from = { NextToken }
    const page = await call(ec2, action, signal, (api, options) => send(api, from, options))
    const items = itemsOf(page)
    if (items === undefined) {
      throw new ProviderError('transient', `${action} got an answer that is not EC2's: it holds no list`, {
        code: 'NoList',
        action,
      })
    }
    all.push(...items)
    NextToken = page.NextToken
  } while (NextToken)
  return all
}
