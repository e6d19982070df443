import * as z from 'zod'
import { documentSchema } from './document.ts'
import { counts, finding } from './finding.ts'

const party = z.object({ name: z.string().describe('pod shop/web-0, or its address'), address: z.string() })

const hop = z.object({
  way: z.enum(['there', 'back']),
  at: z.string().describe('Name of the Node, cloud, or an address'),
  ...finding.shape,
})

export const pathSchema = documentSchema(
  'PathList',
  'The way of packets, there and back: podway doctor path --output json.',
  {
    paths: z
      .array(
        z.object({
          family: z.union([z.literal(4), z.literal(6)]),
          source: party,
          destination: party,
          hops: z.array(hop).describe('In the order of the way'),
          broken: hop.nullable().describe('The first that does not let the packet pass'),
        }),
      )
      .describe('One for each family that both have'),
    counts,
  },
)

export type PathDocument = z.infer<typeof pathSchema>
