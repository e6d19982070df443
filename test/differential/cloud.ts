import { countItems, readFields } from './fields.ts'
import { NamelessError, Names } from './names.ts'
import type { Step } from './step.ts'
import { type XmlElement, descend, parseXml } from './xml-tree.ts'

/** What a cloud answered to a step, in words that all clouds have in common. */
export interface Answer {
  /** `200`, or status and code of the refusal: `400 InvalidRoute.NotFound`. */
  readonly verdict: string
  /** What a reader takes from it, sorted; nothing of a refusal. */
  readonly fields: readonly string[]
}

/**
 * Tells the steps to an EC2 API, one after the other, and what it answered to each. A step that needs what an earlier
 * answer failed to give is not sent.
 */
export async function tell(url: string, steps: readonly Step[]): Promise<ReadonlyMap<string, Answer>> {
  const names = new Names()
  const answers = new Map<string, Answer>()
  for (const step of steps) {
    try {
      answers.set(step.name, await ask(url, step, names))
    } catch (error) {
      if (!(error instanceof NamelessError))
        throw new Error(`"${step.name}" at ${url}: ${(error as Error).message}`, { cause: error })
      answers.set(step.name, { verdict: `not sent: ${error.message}`, fields: [] })
    }
  }
  return answers
}

async function ask(url: string, step: Step, names: Names): Promise<Answer> {
  const form = new URLSearchParams({ Version: '2016-11-15' })
  if (step.action !== '') form.append('Action', step.action)
  for (const [name, value] of Object.entries(step.parameters)) form.append(name, names.toWire(value))
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', authorization },
    body: form,
  })
  const answer = parseXml(await response.text())
  if (response.status !== 200) {
    const code = descend(answer, 'Errors', 'Error', 'Code')?.text ?? 'without a code'
    return { verdict: `${response.status} ${code}`, fields: [] }
  }
  learn(step, answer, names)
  return {
    verdict: String(response.status),
    fields: step.countOnly === true ? counted(answer) : readFields(answer, (value) => names.fromWire(value)),
  }
}

function learn(step: Step, answer: XmlElement, names: Names): void {
  for (const [name, path] of Object.entries(step.save ?? {})) {
    const id = descend(answer, ...path)?.text ?? ''
    if (id !== '') names.give(name, id)
  }
  if (step.range !== undefined) names.setRange(descend(answer, ...step.range)?.text ?? 'no range')
}

const counted = (answer: XmlElement): readonly string[] => [
  `items: ${countItems(answer)}`,
  `another page: ${descend(answer, 'nextToken') !== undefined}`,
]

/** Of the right form, which is all that either of the clouds looks at. */
const authorization =
  'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu-central-1/ec2/aws4_request, ' +
  `SignedHeaders=host, Signature=${'0'.repeat(64)}`
