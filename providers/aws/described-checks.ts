import type { Instance, InstanceNetworkInterface, NetworkInterface } from '@aws-sdk/client-ec2'
import { isPrimary } from './target-interface.ts'

/** An interface, and whether its source/destination check is off. */
export interface Check {
  readonly id: string
  readonly isOff: boolean
}

/** Nobody waits longer between looking for targets and making them forward, unless the budget makes them. */
const freshMs = 60_000

/**
 * What descriptions of instances have just said of their interfaces' checks, so that making new targets forward takes no
 * reading of its own.
 */
export class DescribedChecks {
  readonly #clock: { monotonic(): number }
  readonly #seen = new Map<string, { readonly at: number; readonly checks: readonly Check[] }>()

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock
  }

  see({ NetworkInterfaces = [] }: Instance): void {
    const at = this.#clock.monotonic()
    const primary = NetworkInterfaces.find(isPrimary)
    for (const eni of NetworkInterfaces)
      if (eni.NetworkInterfaceId !== undefined)
        this.#seen.set(eni.NetworkInterfaceId, { at, checks: checksOf(eni, primary) })
  }

  /** Those of {@link checksOf}, once: whoever asks again wants to know how it is now. */
  take(id: string): readonly Check[] | undefined {
    const seen = this.#seen.get(id)
    this.#seen.delete(id)
    return seen !== undefined && this.#isFresh(seen) ? seen.checks : undefined
  }

  /** Forgets what nobody may use any more. */
  prune(): void {
    for (const [id, seen] of this.#seen) if (!this.#isFresh(seen)) this.#seen.delete(id)
  }

  #isFresh({ at }: { readonly at: number }): boolean {
    return this.#clock.monotonic() - at < freshMs
  }
}

/**
 * The checks that a pod's packets meet: they arrive by the interface, and leave by the primary one of its instance.
 * @param primary undefined where nobody knows of one
 */
export function checksOf(
  eni: InstanceNetworkInterface | NetworkInterface,
  primary: InstanceNetworkInterface | NetworkInterface | undefined,
): readonly Check[] {
  const both = primary === undefined || isPrimary(eni) ? [eni] : [eni, primary]
  return both.map(({ NetworkInterfaceId = '', SourceDestCheck }) => ({
    id: NetworkInterfaceId,
    isOff: SourceDestCheck === false,
  }))
}
