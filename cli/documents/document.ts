import * as z from 'zod'
import { documentVersion } from '../output.ts'

/**
 * A document that a command prints for programs. Fields are only ever added: a reader ignores those that it does not know.
 * @param described what it says, for its readers
 */
export const documentSchema = <const Kind extends string, Shape extends z.ZodRawShape>(
  kind: Kind,
  described: string,
  shape: Shape,
) =>
  z
    .object({ apiVersion: z.literal(documentVersion), kind: z.literal(kind), ...shape })
    .meta({ title: kind, description: described })

export const cidr = z.string().describe('A range in canonical form: 10.244.3.0/24')

export const target = z
  .object({
    kind: z.string().describe('eni, instance, address; other for what podway never writes'),
    id: z.string().describe('The cloud’s own identifier'),
  })
  .describe('What a route points at')

export const quota = z
  .object({
    family: z.enum(['IPv4', 'IPv6', 'both']).describe('both: the two have one limit together'),
    used: z.int().describe('Routes that count, whoever made them'),
    limit: z.int(),
  })
  .describe('How full a table is')

export const trouble = z
  .object({
    node: z.string(),
    reason: z.string().describe('One CamelCase word: NoPodCIDR, or a reason of an Event'),
    message: z.string(),
  })
  .describe('What keeps a Node from being routed, or is odd')
