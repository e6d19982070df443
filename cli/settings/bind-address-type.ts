import * as z from 'zod/mini'
import { type BindAddress, parseBindAddress } from '../bind-address.ts'
import type { ValueType } from './value-type.ts'
import { parsed } from './value-types.ts'

const written = parsed('<address>', parseBindAddress)

/** Where to listen. Who switches it off in a file writes 0, and YAML reads a number. */
export const bindAddress: ValueType<BindAddress | undefined> = {
  ...written,
  schema: z.pipe(
    z.union([z.string(), z.literal(0)], { error: 'expected text such as ":10277", or 0' }),
    z.pipe(z.transform(String), written.schema),
  ),
}
