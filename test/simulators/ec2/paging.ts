import { Ec2Error, invalidValue } from './errors.ts'
import type { Parameters } from './parameters.ts'

export const PAGE_PARAMETERS = ['MaxResults', 'NextToken'] as const

export interface Page<T> {
  readonly records: readonly T[]
  readonly nextToken: string | undefined
}

/**
 * The page that MaxResults and NextToken ask for; everything without MaxResults. Ids grow with creation, so a token is
 * the last id given out: a record that comes or goes between two pages shifts no other one.
 *
 * @throws Ec2Error InvalidParameterValue outside 5 … `most`, InvalidPaginationToken for a token that is none of ours
 */
export function pageOf<T>(
  records: readonly T[],
  parameters: Parameters,
  idOf: (record: T) => string,
  most: number,
): Page<T> {
  const maxResults = parameters.integer('MaxResults')
  if (maxResults !== undefined && maxResults < 5)
    throw invalidValue('MaxResults', String(maxResults), 'Expecting a value greater than 5.')
  if (maxResults !== undefined && maxResults > most)
    throw invalidValue('MaxResults', String(maxResults), `Expecting a value less than ${most}.`)
  const token = parameters.text('NextToken')
  const after = token === undefined ? '' : readToken(token)
  const rest = [...records].filter((record) => idOf(record) > after)
  rest.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
  const page = rest.slice(0, maxResults ?? rest.length)
  const last = page.at(-1)
  return {
    records: page,
    nextToken: last !== undefined && page.length < rest.length ? writeToken(idOf(last)) : undefined,
  }
}

const MARK = 'after:'

const writeToken = (id: string): string => Buffer.from(MARK + id).toString('base64')

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString()
  if (!text.startsWith(MARK))
    throw new Ec2Error('InvalidPaginationToken', 'The specified pagination token is not valid')
  return text.slice(MARK.length)
}
