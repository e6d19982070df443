import type { GcpMode } from '../../../providers/gcp/mode.ts'
import { containsCidr, formatCidr, parseCidr } from '../../../net/cidr.ts'
import type { Estate } from '../../simulators/gce/estate.ts'
import type { Happening, Holds } from '../journal.ts'
import { secondaryRanges } from './alias-ranges.ts'

const region = 'europe-west1'

/** Networks of a subnet each; in the mode of alias ranges, the first one's has secondary ranges. */
export class Networks {
  readonly paths: string[] = []
  readonly subnetworks: string[] = []
  readonly #estate: Estate
  readonly #project: string
  readonly #mode: GcpMode

  constructor(estate: Estate, project: string, mode: GcpMode) {
    this.#estate = estate
    this.#project = project
    this.#mode = mode
  }

  add(): string {
    const number = this.paths.length + 1
    const network = this.#estate.addNetwork(this.#project, `net-${number}`)
    this.paths.push(network)
    const secondary = this.#mode === 'alias-ip' && number === 1 ? { secondary: secondaryRanges } : {}
    this.subnetworks.push(
      this.#estate.addSubnetwork({
        network,
        name: `nodes-${number}`,
        region,
        range: `10.${number}.0.0/20`,
        ipv6: `fd20:0:0:${number}::/64`,
        ...secondary,
      }),
    )
    return network
  }

  /** All tables, and what each of them is for where the mode has two of a network. */
  tables(): Extract<Happening, { kind: 'tables' }> {
    if (this.#mode === 'routes') return { kind: 'tables', tables: this.paths }
    const all = this.paths.flatMap((network) => this.#rangesIn(network))
    const holds: Record<string, Holds> = {}
    for (const network of this.paths) {
      holds[network] = { which: 'outside', ranges: all }
      holds[aliasTableOf(network)] = { which: 'inside', ranges: this.#rangesIn(network) }
    }
    return { kind: 'tables', tables: Object.keys(holds), holds }
  }

  /** Google takes no static route there. */
  isOfSubnet(network: string, destination: string): boolean {
    const wanted = parseCidr(destination)
    return this.#rangesIn(network).some((range) => containsCidr(parseCidr(range), wanted))
  }

  #rangesIn(network: string): readonly string[] {
    return this.subnetworks
      .map((path) => this.#estate.subnetwork(path))
      .filter((subnet) => subnet.network === network)
      .flatMap((subnet) => [
        subnet.range,
        ...subnet.secondaryRanges.map(({ range }) => range),
        ...(subnet.ipv6 === undefined ? [] : [subnet.ipv6]),
      ])
      .map(formatCidr)
  }
}

/** As podway names it. */
export const aliasTableOf = (network: string): string => `${network}/aliasIpRanges`
