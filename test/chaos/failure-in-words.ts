import type { Violation } from './checker/invariant.ts'
import type { Provider } from './provider.ts'
import { describeStory } from './story/describe-step.ts'
import type { Story } from './story/step.ts'

/** What a person needs to know of a story that went wrong. */
export function failureInWords(story: Story, violations: readonly Violation[], provider: Provider): string {
  const broken = violations.slice(0, 5).map(({ at, by, invariant, what }) => {
    const who = by === '' ? '' : `, ${by}`
    return `  ${invariant} (at ${(at / 1000).toFixed(1)} s${who}): ${what}`
  })
  const more = violations.length > broken.length ? [`  and ${violations.length - broken.length} more`] : []
  return [
    `Seed ${story.seed} of ${provider} breaks a promise. The shortest story found that does:`,
    ...describeStory(story)
      .split('\n')
      .map((line) => `  ${line}`),
    'Broken:',
    ...broken,
    ...more,
    `Once more, with all calls: npm run chaos -- --provider ${provider} --seed ${story.seed} --log`,
  ].join('\n')
}
