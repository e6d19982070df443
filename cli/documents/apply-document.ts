import * as z from 'zod'
import { documentSchema } from './document.ts'
import { plannedRoute, planSummary } from './plan-document.ts'

export const appliedRoute = z.object({
  table: z.string().describe('Id of the table'),
  ...plannedRoute.omit({ held: true, message: true }).shape,
  result: z.enum(['done', 'failed']),
  message: z.string().nullable().describe('Why it failed'),
})

export const applySchema = documentSchema(
  'ApplyResult',
  'What podway apply has done to the route tables: podway apply --yes --output json.',
  {
    plan: planSummary.describe('What there was to do'),
    routes: z.array(appliedRoute).describe('What was to be done, and what became of it'),
    podCIDRs: z
      .array(z.object({ node: z.string(), podCIDRs: z.array(z.string()) }))
      .describe('What was recorded for Nodes that have none: to be put into them'),
    forwarding: z
      .object({
        changed: z.int().describe('Targets that were made to forward packets'),
        failed: z.array(z.object({ target: z.string(), message: z.string() })),
      })
      .describe('Source/destination check, IP forwarding'),
    unreadTables: z.array(z.object({ table: z.string(), message: z.string() })),
  },
)

export type AppliedRoute = z.infer<typeof appliedRoute>
export type ApplyDocument = z.infer<typeof applySchema>
