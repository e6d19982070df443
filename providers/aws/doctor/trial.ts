import type { ProviderError } from '../../errors.ts'
import type { Ec2Action } from '../ec2-api.ts'

/** Whether one write would be allowed. */
export interface Trial {
  readonly action: Ec2Action
  /** The route table or network interface that it was tried on; undefined where nothing was. */
  readonly resource: string | undefined
  readonly answer: TrialAnswer
}

export type TrialAnswer =
  | { readonly result: 'allowed' }
  | { readonly result: 'denied'; readonly error: ProviderError }
  /** `why` is a part of a sentence. */
  | { readonly result: 'untold'; readonly why: string }
