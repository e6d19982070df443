import * as z from 'zod'
import { cidr, documentSchema, quota, target, trouble } from './document.ts'

export const planActions = [
  'create',
  'replace',
  'delete',
  'adopt',
  'keep',
  'satisfied',
  'disputed',
  'wait',
] as const

export const plannedRoute = z.object({
  action: z
    .enum(planActions)
    .describe(
      'create, replace, delete: what is to be done · adopt: a foreign route becomes podway’s as it is · keep: as it should be · satisfied: a foreign route does the job · disputed: a foreign route is in the way, and stays · wait: the Node has no target yet',
    ),
  destination: cidr,
  node: z.string().nullable().describe('Whose it is, or was; null if nobody knows'),
  target: target.nullable().describe('What it is to point at; null for what is to go'),
  from: target.nullable().describe('What it points at now, where that is to be replaced or deleted'),
  reason: z.string().describe('One CamelCase word, as in a NodeRoute'),
  message: z.string().describe('The same for people'),
  held: z
    .object({ reason: z.string(), message: z.string() })
    .nullable()
    .describe('Why it is not done now: DeleteBrake, PolicyUpsertOnly, PolicyObserve, RouteTableFull'),
})

export const planSummary = z
  .object({
    create: z.int(),
    replace: z.int(),
    delete: z.int(),
    adopt: z.int(),
    unchanged: z.int().describe('keep and satisfied'),
    disputed: z.int(),
    held: z.int().describe('What is to be done and is held back: not counted with the others'),
    wait: z.int(),
  })
  .describe('How many routes there are of each')

export const planSchema = documentSchema(
  'Plan',
  'What podway would do to the route tables now, and why: podway plan --output json.',
  {
    policy: z.enum(['sync', 'upsert-only', 'observe']),
    summary: planSummary,
    podCIDRs: z
      .array(
        z.object({
          node: z.string(),
          podCIDRs: z.array(cidr).describe('What it would get; none if nothing can be given'),
          message: z.string().nullable().describe('Why there is nothing for it'),
        }),
      )
      .describe('Of each Node that has no podCIDRs, where there are pools'),
    tables: z.array(
      z.object({
        id: z.string(),
        name: z.string().nullable(),
        error: z.string().nullable().describe('Why it could not be read: then nothing is planned for it'),
        quotas: z.array(quota),
        routes: z.array(plannedRoute).describe('By destination'),
      }),
    ),
    troubles: z.array(trouble),
  },
)

export type PlannedRoute = z.infer<typeof plannedRoute>
export type PlanSummary = z.infer<typeof planSummary>
export type PlanDocument = z.infer<typeof planSchema>
