/** What a Kubernetes LabelSelector says: all of it has to be true. An empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly LabelRequirement[]
}

export type Labels = Readonly<Record<string, string>>

export type LabelRequirement =
  | { readonly key: string; readonly operator: 'In' | 'NotIn'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'Exists' | 'DoesNotExist' }

/**
 * As apimachinery's `labels.Selector.Matches`: `NotIn` is true of an object that does not have the label at all.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#set-based-requirement
 */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => valueOf(labels, key) === value) &&
    matchExpressions.every((requirement) => isMet(requirement, labels))
  )
}

function isMet(requirement: LabelRequirement, labels: Labels): boolean {
  const value = valueOf(labels, requirement.key)
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value)
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
  }
}

/** Labels come from parsed JSON, and `constructor` is a valid name of one. */
const valueOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined

const namePattern = /^[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/
const prefixPattern = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

/** Whether a label may be called so: `name`, or `prefix/name` where the prefix is a DNS name. */
export function isLabelKey(text: string): boolean {
  const slash = text.indexOf('/')
  return namePattern.test(text.slice(slash + 1)) && (slash < 0 || prefixPattern.test(text.slice(0, slash)))
}

/** Whether a label may have the value; the empty one too. */
export const isLabelValue = (text: string): boolean => text === '' || namePattern.test(text)
