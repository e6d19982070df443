import { type RunOptions, runStory } from './run-story.ts'
import { shrink } from './story/shrink.ts'
import type { Story } from './story/step.ts'

/** The shortest story found, by leaving things out, that breaks the same promise. */
export async function shrinkStory(story: Story, invariant: string, options: RunOptions): Promise<Story> {
  const breaks = async (shorter: Story): Promise<boolean> =>
    (await runStory(shorter, options)).violations.some((one) => one.invariant === invariant)
  let shortest: Story = {
    ...story,
    steps: await shrink(story.steps, (steps) => breaks({ ...story, steps })),
  }
  const simpler: readonly ((from: Story) => Story)[] = [
    (from) => ({ ...from, families: 'v4' }),
    (from) => ({ ...from, share: 0.8 }),
    (from) => ({ ...from, adopts: false }),
    (from) => ({ ...from, noiseMs: Math.min(from.noiseMs, (from.steps.at(-1)?.atMs ?? 0) + 1_000) }),
    ...[1, 2].map((tables) => (from: Story) => ({ ...from, tables: Math.min(from.tables, tables) })),
    ...[1, 2, 3, 5, 8].map((nodes) => (from: Story) => ({ ...from, nodes: Math.min(from.nodes, nodes) })),
  ]
  for (const simplify of simpler) {
    const simple = simplify(shortest)
    if (JSON.stringify(simple) !== JSON.stringify(shortest) && (await breaks(simple))) shortest = simple
  }
  return shortest
}
