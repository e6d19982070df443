import { describe, expect, test } from 'vitest'
import {
  type LabelRequirement,
  type LabelSelector,
  isLabelKey,
  isLabelValue,
  selects,
} from './label-selector.ts'

// As apimachinery's labels.Requirement.Matches and metav1.LabelSelectorAsSelector.
const labels = { zone: 'a', size: 'small', empty: '' }
const expression = (requirement: LabelRequirement): LabelSelector => ({ matchExpressions: [requirement] })

describe('LabelSelectorAsSelector', () => {
  test.each<[name: string, selector: LabelSelector, selected: boolean]>([
    ['an empty selector selects everything', {}, true],
    ['empty lists select everything', { matchLabels: {}, matchExpressions: [] }, true],
    ['matchLabels: the value is equal', { matchLabels: { zone: 'a' } }, true],
    ['matchLabels: another value', { matchLabels: { zone: 'b' } }, false],
    ['matchLabels: the label is missing', { matchLabels: { rack: 'a' } }, false],
    ['matchLabels: an empty value is not a missing label', { matchLabels: { rack: '' } }, false],
    ['matchLabels: an empty value', { matchLabels: { empty: '' } }, true],
    ['matchLabels: all of them', { matchLabels: { zone: 'a', size: 'small' } }, true],
    ['matchLabels: one of two is not enough', { matchLabels: { zone: 'a', size: 'big' } }, false],
    ['In: the value is one of them', expression({ key: 'zone', operator: 'In', values: ['b', 'a'] }), true],
    ['In: the value is none of them', expression({ key: 'zone', operator: 'In', values: ['b', 'c'] }), false],
    ['In: the label is missing', expression({ key: 'rack', operator: 'In', values: ['a'] }), false],
    ['NotIn: the value is none of them', expression({ key: 'zone', operator: 'NotIn', values: ['b'] }), true],
    [
      'NotIn: the value is one of them',
      expression({ key: 'zone', operator: 'NotIn', values: ['a', 'b'] }),
      false,
    ],
    ['NotIn: the label is missing', expression({ key: 'rack', operator: 'NotIn', values: ['a'] }), true],
    ['Exists', expression({ key: 'zone', operator: 'Exists' }), true],
    ['Exists: the value is empty', expression({ key: 'empty', operator: 'Exists' }), true],
    ['Exists: the label is missing', expression({ key: 'rack', operator: 'Exists' }), false],
    ['DoesNotExist', expression({ key: 'rack', operator: 'DoesNotExist' }), true],
    ['DoesNotExist: it does', expression({ key: 'zone', operator: 'DoesNotExist' }), false],
    [
      'labels and expressions: both',
      { matchLabels: { zone: 'a' }, ...expression({ key: 'size', operator: 'Exists' }) },
      true,
    ],
    [
      'labels and expressions: one is not enough',
      { matchLabels: { zone: 'a' }, ...expression({ key: 'rack', operator: 'Exists' }) },
      false,
    ],
    [
      'several expressions about one label',
      {
        matchExpressions: [
          { key: 'zone', operator: 'In', values: ['a', 'b'] },
          { key: 'zone', operator: 'NotIn', values: ['a'] },
        ],
      },
      false,
    ],
  ])('%s', (_name, selector, selected) => {
    expect(selects(selector, labels)).toBe(selected)
  })

  test('a label may be called as what every object has', () => {
    const selector = expression({ key: 'constructor', operator: 'Exists' })
    expect(selects(selector, {})).toBe(false)
    expect(selects(selector, JSON.parse('{"constructor":"x"}') as Record<string, string>)).toBe(true)
  })
})

// As apimachinery's validation.IsQualifiedName and IsValidLabelValue.
test.each([
  ['simple', true],
  ['now-with-dashes', true],
  ['1-starts-with-num', true],
  ['UppercaseIsOK', true],
  ['example.com/Uppercase_Is.OK', true],
  ['kubernetes.io/hostname', true],
  ['a'.repeat(63), true],
  [`${'a'.repeat(253)}/${'b'.repeat(63)}`, true],
  ['', false],
  ['a'.repeat(64), false],
  [`${'a'.repeat(254)}/b`, false],
  ['nospecialchars%^=@', false],
  ['-starts-with-dash', false],
  ['ends-with-dash-', false],
  ['Example.com/name', false],
  ['/name', false],
  ['name/', false],
  ['a/b/c', false],
])('IsQualifiedName: %j %j', (key, valid) => {
  expect(isLabelKey(key)).toBe(valid)
})

test.each([
  ['', true],
  ['a', true],
  ['1.0_x-y', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['with space', false],
  ['-a', false],
  ['a-', false],
])('IsValidLabelValue: %j %j', (value, valid) => {
  expect(isLabelValue(value)).toBe(valid)
})
