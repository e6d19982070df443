import { type JsonObject, textAt } from './json.ts'
import { labelsOf, nameOf, namespaceOf } from './object-meta.ts'
import type { ResourceType } from './resource-type.ts'
import { badRequest } from './status.ts'

/** Whether an object is wanted; from the selectors of a list or watch. */
export type Predicate = (object: JsonObject) => boolean

type LabelTest = (labels: JsonObject) => boolean

/** Both selectors together; undefined if neither says anything. @throws Refusal 400 */
export function selectorsOf(type: ResourceType, query: URLSearchParams): Predicate | undefined {
  const labels = query.get('labelSelector')?.trim() ?? ''
  const fields = query.get('fieldSelector')?.trim() ?? ''
  if (labels === '' && fields === '') return undefined
  const labelTests = labels === '' ? [] : parseLabelSelector(labels)
  const fieldTests = fields === '' ? [] : parseFieldSelector(type, fields)
  return (object) =>
    labelTests.every((test) => test(labelsOf(object))) && fieldTests.every((test) => test(object))
}

/** Splits at commas outside parentheses. */
function requirements(selector: string): readonly string[] {
  return selector.split(/,(?![^(]*\))/).map((part) => part.trim())
}

function parseLabelSelector(selector: string): readonly LabelTest[] {
  return requirements(selector).map((requirement) => {
    const test = parseRequirement(requirement)
    if (test === undefined) {
      throw badRequest(
        `unable to parse requirement: found ${JSON.stringify(requirement)}, expected: !, identifier, or 'end of string'`,
      )
    }
    return test
  })
}

const KEY = '([A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?)'
const VALUE = '((?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?)'
const exists = new RegExp(`^${KEY}$`)
const absent = new RegExp(`^!\\s*${KEY}$`)
const compared = new RegExp(`^${KEY}\\s*(==|=|!=)\\s*${VALUE}$`)
const ordered = new RegExp(`^${KEY}\\s*([<>])\\s*(-?\\d+)$`)
const inSet = new RegExp(`^${KEY}\\s+(in|notin)\\s*\\(([^()]*)\\)$`)

function parseRequirement(requirement: string): LabelTest | undefined {
  const has = (labels: JsonObject, key: string): boolean => Object.hasOwn(labels, key)
  const present = exists.exec(requirement)?.[1]
  if (present !== undefined) return (labels) => has(labels, present)
  const missing = absent.exec(requirement)?.[1]
  if (missing !== undefined) return (labels) => !has(labels, missing)
  const [, key = '', operator, value = ''] = compared.exec(requirement) ?? []
  if (operator === '!=') return (labels) => labels[key] !== value
  if (operator !== undefined) return (labels) => labels[key] === value
  const [, orderedKey = '', sign, bound] = ordered.exec(requirement) ?? []
  if (sign !== undefined) {
    return (labels) => {
      const number = Number(labels[orderedKey])
      return has(labels, orderedKey) && (sign === '>' ? number > Number(bound) : number < Number(bound))
    }
  }
  const [, setKey = '', membership, list = ''] = inSet.exec(requirement) ?? []
  if (membership === undefined) return undefined
  const values = new Set(list.split(',').map((item) => item.trim()))
  return membership === 'in'
    ? (labels) => has(labels, setKey) && values.has(textAt(labels, setKey))
    : (labels) => !has(labels, setKey) || !values.has(textAt(labels, setKey))
}

function parseFieldSelector(type: ResourceType, selector: string): readonly Predicate[] {
  return selector
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const [, field, operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term) ?? []
      if (field === undefined) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`)
      const known = Object.keys(fieldsOf(type, {}))
      if (!known.includes(field)) throw badRequest(unsupportedLabel(type, field))
      return (object) => (fieldsOf(type, object)[field] === value) !== (operator === '!=')
    })
}

function fieldsOf(type: ResourceType, object: JsonObject): Readonly<Record<string, string>> {
  return {
    'metadata.name': nameOf(object),
    ...(type.namespaced ? { 'metadata.namespace': namespaceOf(object) } : {}),
    ...type.selectableFields(object),
  }
}

function unsupportedLabel(type: ResourceType, field: string): string {
  const plain = type.group === 'coordination.k8s.io' || type.plural === 'configmaps'
  return plain
    ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
    : `field label not supported: ${field}`
}
