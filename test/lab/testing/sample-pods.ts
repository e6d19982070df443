/**
 * The machines of every sample network: `a1` and `a2` in one subnet, `b1` in another one, and `db`, which is no node. Where
 * their pods live is the same in every cloud.
 */
export const sampleMachines = ['a1', 'a2', 'b1', 'db'] as const
export type SampleMachine = (typeof sampleMachines)[number]

/** From 1. */
export const numberOf = (name: SampleMachine): number => sampleMachines.indexOf(name) + 1

export const podRanges = (name: SampleMachine): readonly [v4: string, v6: string] => [
  `10.244.${numberOf(name)}.0/24`,
  `fd00:10:244:${numberOf(name)}::/64`,
]

export const podAddresses = (name: SampleMachine): { readonly 4: string; readonly 6: string } => ({
  4: `10.244.${numberOf(name)}.2`,
  6: `fd00:10:244:${numberOf(name)}::2`,
})
