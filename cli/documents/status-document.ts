import * as z from 'zod'
import { cidr, documentSchema } from './document.ts'

const tableState = z.object({
  table: z.string().describe('Id of the table'),
  state: z.enum(['Pending', 'Programmed', 'Satisfied', 'Disputed', 'Failed', 'Held', 'Deleting']),
  reason: z.string(),
  message: z.string(),
  since: z.string().describe('RFC 3339'),
})

const routeStatus = z.object({
  destination: cidr,
  family: z.enum(['IPv4', 'IPv6']),
  tables: z.array(tableState).describe('What is recorded for each table; none if nothing is'),
})

export const statusSchema = documentSchema(
  'Status',
  'How the routes of a cluster stand, by its own record: podway status --output json.',
  {
    leader: z
      .object({
        identity: z.string(),
        renewed: z.string().nullable().describe('RFC 3339'),
        fresh: z.boolean().describe('Whether it was heard of within the time of its Lease'),
      })
      .nullable()
      .describe('The controller that works; null if none does, or none is known'),
    summary: z.object({
      nodes: z.int(),
      routed: z.int().describe('Nodes whose routes are all there'),
      states: z.record(z.string(), z.int()).describe('Records by state; one for each destination and table'),
    }),
    tables: z.array(
      z.object({
        id: z.string(),
        routes: z.int().describe('Routes that podway has recorded in it'),
        states: z.record(z.string(), z.int()),
      }),
    ),
    nodes: z.array(
      z.object({
        name: z.string(),
        routed: z.boolean(),
        condition: z
          .object({
            status: z.string(),
            reason: z.string(),
            message: z.string(),
            since: z.string().nullable(),
          })
          .nullable()
          .describe('NetworkUnavailable of the Node'),
        waitsFor: z.string().nullable().describe('Why it is not routed'),
        routes: z.array(routeStatus).describe('Of its podCIDRs, in their order'),
      }),
    ),
    leftovers: z
      .array(z.object({ node: z.string(), ...routeStatus.shape }))
      .describe('Routes of Nodes that are gone, or have other podCIDRs'),
  },
)

export type StatusDocument = z.infer<typeof statusSchema>
