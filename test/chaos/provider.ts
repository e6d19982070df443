/** The clouds that have a world; `gcp-alias`: Google Cloud in the mode of alias ranges. */
export const providers = ['aws', 'gcp', 'gcp-alias', 'azure'] as const
export type Provider = (typeof providers)[number]

/** In what clouds differ, as far as stories and promises are concerned. */
export interface Traits {
  /** A write is for the revision that its writer saw: what others have done since is never overwritten. */
  readonly isConditional: boolean
  /** A write is only taken on when it is answered, and may fail later. */
  readonly hasOperations: boolean
  /** A destination may have several routes. */
  readonly hasRivals: boolean
  /** A machine may be made anew under its name, and comes without what it had. */
  readonly isRecreated: boolean
}

export const traits: Readonly<Record<Provider, Traits>> = {
  aws: { isConditional: false, hasOperations: false, hasRivals: false, isRecreated: false },
  gcp: { isConditional: false, hasOperations: true, hasRivals: true, isRecreated: false },
  'gcp-alias': { isConditional: true, hasOperations: true, hasRivals: false, isRecreated: true },
  azure: { isConditional: true, hasOperations: true, hasRivals: false, isRecreated: false },
}
