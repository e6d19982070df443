import { invalidField } from './errors.ts'

export const LIST_PARAMETERS = ['filter', 'maxResults', 'pageToken', 'orderBy'] as const

const LARGEST_PAGE = 500

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextPageToken?: string
}

/**
 * One page of what there is, in the order that it has; the newest first where that is asked for, and times are known. A token is good for the list that it came from: it says after
 * which item to go on, so that what was made or deleted meanwhile makes no item come twice.
 *
 * @throws GceError invalid
 */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  parameters: ReadonlyMap<string, string>,
  timeOf?: (item: T) => string,
): Page<T> {
  const order = parameters.get('orderBy')
  if (order === 'creationTimestamp desc' && timeOf !== undefined)
    return newestFirst(items, (item) => `${timeOf(item)} ${keyOf(item)}`, parameters)
  if (order !== undefined && order !== 'name')
    throw invalidField('orderBy', order, 'The simulator sorts by name only, and operations by time.')
  const sorted = [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const size = readSize(parameters.get('maxResults'))
  const token = parameters.get('pageToken')
  const after = token === undefined ? undefined : readToken(token)
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) > after)
  return pageFrom(rest, size, keyOf)
}

function newestFirst<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  parameters: ReadonlyMap<string, string>,
): Page<T> {
  const sorted = [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? 1 : -1))
  const token = parameters.get('pageToken')
  const after = token === undefined ? undefined : readToken(token)
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) < after)
  return pageFrom(rest, readSize(parameters.get('maxResults')), keyOf)
}

function pageFrom<T>(rest: readonly T[], size: number, keyOf: (item: T) => string): Page<T> {
  const page = rest.slice(0, size)
  const last = page.at(-1)
  return rest.length > size && last !== undefined
    ? { items: page, nextPageToken: Buffer.from(`v1 ${keyOf(last)}`).toString('base64') }
    : { items: page }
}

function readSize(text: string | undefined): number {
  if (text === undefined) return LARGEST_PAGE
  const size = Number(text)
  if (!/^\d{1,9}$/.test(text) || size > LARGEST_PAGE)
    throw invalidField('maxResults', text, 'Acceptable values are 0 to 500, inclusive.')
  // 0 is as good as nothing.
  return size === 0 ? LARGEST_PAGE : size
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8')
  if (!text.startsWith('v1 ')) throw invalidField('pageToken', token, 'Invalid page token.')
  return text.slice(3)
}
