/**
 * What podway may do to the tables, as in external-dns.
 * - `sync`: all that the plan says.
 * - `upsert-only`: create and replace; nothing is deleted.
 * - `observe`: nothing is written, neither to the cloud nor to the ledger nor to Nodes; the plan is told.
 */
export type Policy = (typeof policies)[number]

export const policies = ['sync', 'upsert-only', 'observe'] as const
