/** One request, in the words of {@link Names}. */
export interface Step {
  /** Unique among all steps: what a listed difference refers to. */
  readonly name: string
  /** Empty for a request that names none. */
  readonly action: string
  /** As on the wire: `Filter.1.Name` → `vpc-id`. */
  readonly parameters: Readonly<Record<string, string>>
  /** Names for ids in the answer, by the path to them. */
  readonly save?: Readonly<Record<string, readonly string[]>>
  /** Where the answer tells the VPC's IPv6 range. */
  readonly range?: readonly string[]
  /** Of the items in the answer only their number is compared: which of them are on a page is the cloud's choice. */
  readonly countOnly?: true
}

export type Parameters = Step['parameters']

/** Makes the steps of one action, each named by it and by what is asked. */
export const stepsOf =
  (action: string) =>
  (what: string, parameters: Parameters): Step => ({
    name: `${action} ${what}`,
    action,
    parameters,
  })

/** `Filter.n.…`, one for each entry. */
export function filters(entries: Readonly<Record<string, string | readonly string[]>>): Parameters {
  const parameters: Record<string, string> = {}
  Object.entries(entries).forEach(([name, values], index) => {
    const filter = `Filter.${index + 1}`
    parameters[`${filter}.Name`] = name
    const list = typeof values === 'string' ? [values] : values
    list.forEach((value, at) => (parameters[`${filter}.Value.${at + 1}`] = value))
  })
  return parameters
}

/** `InstanceId.n` and the like. */
export const list = (name: string, ...values: readonly string[]): Parameters =>
  Object.fromEntries(values.map((value, index) => [`${name}.${index + 1}`, value]))

/** Tags that a creating call gives. */
export function tagged(type: string, tags: Readonly<Record<string, string>>): Parameters {
  const parameters: Record<string, string> = { 'TagSpecification.1.ResourceType': type }
  Object.entries(tags).forEach(([key, value], index) => {
    parameters[`TagSpecification.1.Tag.${index + 1}.Key`] = key
    parameters[`TagSpecification.1.Tag.${index + 1}.Value`] = value
  })
  return parameters
}

/** A route table of its own for the steps that follow, under that name. */
export const newTable = (name: string): Step => ({
  name: `a table for ${name}`,
  action: 'CreateRouteTable',
  parameters: { VpcId: '<vpc>' },
  save: { [name]: ['routeTable', 'routeTableId'] },
})

/** What a table holds. */
export const readTable = (table: string, when: string): Step => ({
  name: `${table} ${when}`,
  action: 'DescribeRouteTables',
  parameters: list('RouteTableId', `<${table}>`),
})
