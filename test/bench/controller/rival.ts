import type { EC2 } from '@aws-sdk/client-ec2'

export interface RivalFigures {
  /** CreateRoute calls. */
  readonly made: number
  readonly refused: number
}

interface RivalOptions {
  readonly ec2: EC2
  /** Routes made in a second, and as many deleted. */
  readonly perSecond: number
  /** Its own: none of the cluster's. */
  readonly tableId: string
  readonly eniId: string
}

/** Another client of the account: makes and deletes routes at its own pace, and retries nothing. */
export class Rival {
  readonly #options: RivalOptions
  readonly #timer: NodeJS.Timeout
  readonly #underWay = new Set<Promise<void>>()
  #made = 0
  #refused = 0

  constructor(options: RivalOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      const turn: Promise<void> = this.#turn(this.#made++).finally(() => this.#underWay.delete(turn))
      this.#underWay.add(turn)
    }, 1_000 / options.perSecond)
  }

  async stop(): Promise<RivalFigures> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
    return { made: this.#made, refused: this.#refused }
  }

  async #turn(number: number): Promise<void> {
    const { ec2, eniId, tableId } = this.#options
    const route = { RouteTableId: tableId, DestinationCidrBlock: `192.168.${number % 256}.0/24` }
    try {
      await ec2.createRoute({ ...route, NetworkInterfaceId: eniId })
    } catch {
      this.#refused++
      return
    }
    // One that can't be deleted now is in nobody's way, until its number comes again.
    await ec2.deleteRoute(route).catch(() => undefined)
  }
}
