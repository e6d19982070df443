import * as z from 'zod'
import { cidr, documentSchema, target } from './document.ts'
import { counts, finding } from './finding.ts'

/** What the commands print that list things. */

export const adoptionSchema = documentSchema(
  'AdoptionList',
  'Which routes can be adopted, or were: podway adopt --output json.',
  {
    routes: z.array(
      z.object({
        table: z.string(),
        destination: cidr,
        nodes: z.array(z.string()).describe('All that have the podCIDR'),
        target,
        result: z.enum(['adoptable', 'adopted', 'refused', 'failed']),
        reason: z.string().nullable(),
        message: z.string().nullable(),
      }),
    ),
    unreadTables: z.array(z.object({ table: z.string(), message: z.string() })),
  },
)

export const cleanupSchema = documentSchema(
  'CleanupRouteList',
  'The routes that are podway’s, and are to be deleted or were: podway cleanup --output json.',
  {
    routes: z.array(
      z.object({
        table: z.string(),
        destination: cidr,
        node: z.string(),
        target: z.string().describe('kind/id'),
      }),
    ),
  },
)

export const heldSchema = documentSchema(
  'HeldRouteList',
  'What the brake holds, or what was released: podway release --output json.',
  {
    routes: z.array(
      z.object({
        name: z.string().describe('Of the NodeRoute'),
        destination: cidr,
        node: z.object({ name: z.string(), uid: z.string() }),
        target,
        tables: z.array(z.string()),
        since: z.string().describe('RFC 3339'),
        released: z.boolean().describe('The controller has not come to it yet'),
      }),
    ),
  },
)

export const findingsSchema = documentSchema(
  'FindingList',
  'What podway doctor has found, the worst first: podway doctor aws --output json.',
  { findings: z.array(finding), counts },
)

type FieldsOf<Document> = Omit<Document, 'apiVersion' | 'kind'>

export type CleanupFields = FieldsOf<z.infer<typeof cleanupSchema>>
