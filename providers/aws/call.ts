import { ProviderError } from '../errors.ts'
import type { Ec2Action } from './ec2-api.ts'
import { classify } from './errors.ts'

export interface CallOptions {
  readonly abortSignal: AbortSignal
}

/**
 * The one way to EC2: every call of the adapter goes through here, or through {@link callForAll}.
 * @throws ProviderError, or the signal's reason once it is aborted (a write that was on its way may have happened)
 */
export async function call<T>(
  action: Ec2Action,
  signal: AbortSignal,
  send: (options: CallOptions) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  try {
    return await send({ abortSignal: signal })
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
  action: Ec2Action,
  signal: AbortSignal,
  send: (page: { readonly NextToken: string | undefined }, options: CallOptions) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): Promise<readonly Item[]> {
  const all: Item[] = []
  let NextToken: string | undefined
  do {
    const from = { NextToken }
    const page = await call(action, signal, (options) => send(from, options))
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
