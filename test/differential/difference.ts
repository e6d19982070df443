/** One rule of EC2's that LocalStack does not keep, and where that shows. */
export interface Difference {
  /** What EC2 does, as AWS documents it. */
  readonly rule: string
  /** The document. */
  readonly source: string
  /** By step, all that {@link compare} says of it. A step belongs to one rule. */
  readonly seen: Readonly<Record<string, readonly string[]>>
}

const API = 'https://docs.aws.amazon.com/AWSEC2/latest/APIReference/'
const GUIDE = 'https://docs.aws.amazon.com/vpc/latest/userguide/'

export const api = (page: string): string => `${API}${page}.html`
export const guide = (page: string): string => `${GUIDE}${page}.html`

/** Status and code of both. */
export const answers = (simulator: string, localStack = '200'): readonly string[] => [
  `LocalStack: ${localStack}`,
  `simulator: ${simulator}`,
]

export interface RouteLine {
  readonly to: string
  /** The interface that it leads to, by the name of its instance. */
  readonly by: string
  readonly state?: 'active' | 'blackhole'
  /** The simulator's routes name it too, LocalStack's don't. */
  readonly instance?: true
}

/** A route to an interface, as {@link readFields} writes it. */
export function routeLine(
  who: 'LocalStack' | 'simulator',
  table: string,
  { to, by, state = 'active', instance }: RouteLine,
): string {
  const family = to.includes(':') && table !== 'swapped' ? 'Ipv6' : ''
  const fields = [
    `destination${family}CidrBlock=${to}`,
    ...(instance === true ? [`instanceId=<${by}>`] : []),
    `networkInterfaceId=<eni${by}>`,
    'origin=CreateRoute',
    `state=${state}`,
  ]
  return `${who}: <${table}> routeSet: ${fields.join(' ')}`
}
