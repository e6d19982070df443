import * as z from 'zod'

export const severity = z.enum(['error', 'warning', 'unknown', 'ok'])

export const finding = z.object({
  code: z.string(),
  severity,
  object: z.object({ kind: z.string(), name: z.string() }),
  message: z.string(),
  fix: z.string().nullable(),
})

export const counts = z
  .object({ error: z.int(), warning: z.int(), unknown: z.int(), ok: z.int() })
  .describe('How many there are of each severity')
