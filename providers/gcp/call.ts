import type { ApiBudget } from '../budget.ts'
import { ProviderError } from '../errors.ts'
import { classify } from './errors.ts'
import {
  type CallOptions,
  type GceApi,
  type GceCall,
  type ListAnswer,
  type WireScope,
  calls,
  isWrite,
} from './gce-api.ts'

export interface GceClock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds since some moment; never goes back. */
  monotonic(): number
  /** Calls back once, not before `ms` milliseconds from now. */
  setTimeout(callback: () => void, ms: number): { cancel(): void }
}

/** Compute Engine, and what we may ask of it. Only this module calls the API. */
export interface Gce {
  readonly api: GceApi
  readonly budget: ApiBudget
  readonly clock: GceClock
  /** How long one call that writes may take: no longer than the client lets any. As long as that unless told. */
  readonly writeTimeoutMs?: number | undefined
}

type Send<T> = (api: GceApi, options: CallOptions) => Promise<T>

/**
 * The one way to Compute Engine: every call of the adapter goes through here, or through {@link callForAll} or
 * {@link reserve}. It waits until the budget of the call's group has room for it.
 * @throws ProviderError, or the signal's reason once it is aborted (a write that was on its way may have happened)
 */
export function call<T>(gce: Gce, name: GceCall, signal: AbortSignal, send: Send<T>): Promise<T> {
  return gce.budget.run(calls[name].group, signal, () => attempt(gce, name, signal, send))
}

/** A call whose turn has come. If it is not made, its turn is the next one's when it is disposed of. */
export interface ReservedCall extends Disposable {
  /** Once. @throws as {@link call} */
  send<T>(name: GceCall, send: Send<T>): Promise<T>
}

/** Waits for the turn of a write that has to look before: so what it sees is fresh, however long the line. */
export async function reserve(gce: Gce, signal: AbortSignal): Promise<ReservedCall> {
  const permit = await gce.budget.reserve('mutations', signal)
  return {
    send: (name, send) => permit.run(() => attempt(gce, name, signal, send)),
    [Symbol.dispose]: () => permit[Symbol.dispose](),
  }
}

async function attempt<T>(
  { api, clock, writeTimeoutMs }: Gce,
  name: GceCall,
  signal: AbortSignal,
  send: Send<T>,
): Promise<T> {
  signal.throwIfAborted()
  const isHurried = writeTimeoutMs !== undefined && isWrite(name)
  try {
    return await send(api, { signal, ...(isHurried ? { timeoutMs: writeTimeoutMs } : {}) })
  } catch (error) {
    signal.throwIfAborted()
    throw classify(error, name, clock.now())
  }
}

/**
 * All pages of one list. Google leaves the items of an empty one out, and so does an answer of something in between: what
 * does not say that it is a list must not pass for "there is nothing".
 */
export async function callForAll<Items, Item>(
  gce: Gce,
  name: GceCall,
  signal: AbortSignal,
  send: (
    api: GceApi,
    page: { readonly pageToken?: string },
    options: CallOptions,
  ) => Promise<ListAnswer<Items>>,
  itemsOf: (items: Items) => readonly Item[],
): Promise<readonly Item[]> {
  const all: Item[] = []
  let token: string | undefined
  do {
    const from = token === undefined ? {} : { pageToken: token }
    const page = await callForPage(gce, name, signal, (api, options) => send(api, from, options))
    if (page.items !== undefined) all.push(...itemsOf(page.items))
    if (token !== undefined && page.nextPageToken === token)
      throw odd(name, 'SamePage', 'the same page twice')
    token = page.nextPageToken === '' ? undefined : page.nextPageToken
  } while (token !== undefined)
  return all
}

/**
 * What a list over all zones or regions has in them. Of one that Google could not reach it says so and nothing else: who
 * needs all of it must not take a part for the whole.
 * @throws ProviderError `transient`
 */
export function ofEveryScope<Item>(
  name: GceCall,
  scopes: Readonly<Record<string, WireScope>>,
  itemsIn: (scope: WireScope) => readonly Item[] | undefined,
): readonly Item[] {
  const lost = Object.entries(scopes).filter(([, { warning }]) => warning?.code === 'UNREACHABLE')
  if (lost.length > 0) {
    const message = `${calls[name].method} did not reach ${lost.map(([scope]) => scope).join(', ')}: what is there is not known`
    throw new ProviderError('transient', message, { code: 'UNREACHABLE', action: calls[name].method })
  }
  return Object.values(scopes).flatMap((scope) => itemsIn(scope) ?? [])
}

/** One page of a list. @throws ProviderError also where the answer is none */
export async function callForPage<Items>(
  gce: Gce,
  name: GceCall,
  signal: AbortSignal,
  send: Send<ListAnswer<Items>>,
): Promise<ListAnswer<Items>> {
  const page = await call(gce, name, signal, send)
  if (page.kind?.endsWith('List') === true) return page
  throw odd(name, 'NoList', "an answer that is not Google's: it is no list")
}

const odd = (name: GceCall, code: string, what: string): ProviderError =>
  new ProviderError('transient', `${calls[name].method} got ${what}`, { code, action: calls[name].method })
