/** The clouds that have a world. */
export const providers = ['aws', 'gcp', 'azure'] as const
export type Provider = (typeof providers)[number]

/** In what clouds differ, as far as stories and promises are concerned. */
export interface Traits {
  /** A write is for the revision that its writer saw: what others have done since is never overwritten. */
  readonly isConditional: boolean
  /** A write is only taken on when it is answered, and may fail later. */
  readonly hasOperations: boolean
  /** A destination may have several routes. */
  readonly hasRivals: boolean
}

export const traits: Readonly<Record<Provider, Traits>> = {
  aws: { isConditional: false, hasOperations: false, hasRivals: false },
  gcp: { isConditional: false, hasOperations: true, hasRivals: true },
  azure: { isConditional: true, hasOperations: true, hasRivals: false },
}
