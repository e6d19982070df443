import { describe, expect, test } from 'vitest'
import type { Key } from './settings.ts'
import { settingsOfCommand } from './command-settings.ts'
import { parseConfigFile } from './config-file.ts'
import { ConfigFileError, type ConfigFileProblem } from './config-file-error.ts'
import type { Found } from './origin.ts'

const head = 'apiVersion: podway.dev/v1alpha1\nkind: Configuration\n'

const find = (text: string, command: 'controller' | 'agent', key: Key): Found | undefined => {
  const setting = settingsOfCommand(command).find((one) => one.key === key)
  if (setting === undefined) throw new Error(`${command} has no ${key}`)
  return parseConfigFile('podway.yaml', head + text).find(setting, command)
}

describe('what a file says', () => {
  test.each<[name: string, text: string, natural: unknown, where: string]>([
    ['a text', 'logLevel: warn', 'warn', 'podway.yaml:3: logLevel'],
    ['as JSON', '"logLevel": "warn"', 'warn', 'podway.yaml:3: logLevel'],
    ['below a comment', '# less\n\nlogLevel: warn', 'warn', 'podway.yaml:5: logLevel'],
    ['behind a list', 'clusterCidr:\n- 10.0.0.0/8\nlogLevel: warn', 'warn', 'podway.yaml:5: logLevel'],
    ['by an anchor', 'policy: &a sync\nlogLevel: warn', 'warn', 'podway.yaml:4: logLevel'],
    ['of the command', 'controller:\n  logLevel: warn', 'warn', 'podway.yaml:4: controller.logLevel'],
    [
      'of the command, before all',
      'controller:\n  logLevel: warn\nlogLevel: debug',
      'warn',
      'podway.yaml:4: controller.logLevel',
    ],
    [
      'not of another command',
      'agent:\n  logLevel: debug\nlogLevel: warn',
      'warn',
      'podway.yaml:5: logLevel',
    ],
  ])('%s', (_, text, natural, name) => {
    expect(find(text, 'controller', 'logLevel')).toMatchObject({ natural, origin: { kind: 'file', name } })
  })

  test('nothing of what it does not name', () => {
    expect(find('agent:\n  logLevel: debug', 'controller', 'logLevel')).toBeUndefined()
    expect(find('', 'agent', 'nodeName')).toBeUndefined()
  })

  test('one file is for all commands', () => {
    const text = 'mtu: 1400\ndriftInterval: 5m'
    expect(find(text, 'agent', 'mtu')?.natural).toBe(1400)
    expect(find(text, 'controller', 'driftInterval')?.natural).toBe('5m')
  })
})

const refused = (text: string): ConfigFileError => {
  try {
    parseConfigFile('podway.yaml', text)
  } catch (error) {
    if (error instanceof ConfigFileError) return error
    throw error
  }
  throw new Error('it was not refused')
}

describe('keys that there are not', () => {
  test.each<[text: string, line: string]>([
    ['clusterNmae: prod', 'podway.yaml:3: unknown key clusterNmae: did you mean clusterName?'],
    ['cluster-name: prod', 'podway.yaml:3: unknown key cluster-name: did you mean clusterName?'],
    ['cluster_cidr: []', 'podway.yaml:3: unknown key cluster_cidr: did you mean clusterCidr?'],
    ['Policy: sync', 'podway.yaml:3: unknown key Policy: did you mean policy?'],
    ['contoller: {}', 'podway.yaml:3: unknown key contoller: did you mean controller?'],
    ['spec: {}', 'podway.yaml:3: unknown key spec'],
    ['toString: 1', 'podway.yaml:3: unknown key toString'],
    ['__proto__: 1', 'podway.yaml:3: unknown key __proto__'],
    ['agent:\n  probPort: 1', 'podway.yaml:4: unknown key probPort of agent: did you mean probePort?'],
    [
      'agent: {driftInterval: 5m}',
      'podway.yaml:3: agent has no driftInterval: it is a setting of podway controller',
    ],
    ['yes: true', 'podway.yaml:3: yes is said of one run, and not in a file: use --yes'],
    [
      'definitionFormat: json',
      'podway.yaml:3: definitionFormat is said of one run, and not in a file: use --output',
    ],
  ])('%s', (text, line) => {
    expect(refused(head + text)).toMatchObject({ problem: 'unknown-key', message: line })
  })
})

describe('values that can’t be', () => {
  test.each<[text: string, line: string]>([
    ['driftInterval: 5', 'podway.yaml:3: driftInterval=5: expected a duration such as 30s, 5m or 1h30m'],
    ['driftInterval: 5ms', 'podway.yaml:3: driftInterval=5ms: expected from 1s'],
    ['leaderElect: "true"', 'podway.yaml:3: leaderElect=true: expected true or false'],
    [
      'nodeCidrMaskSizeIpv4: "24"',
      'podway.yaml:3: nodeCidrMaskSizeIpv4=24: expected a whole number from 1 to 32',
    ],
    ['nodeCidrMaskSizeIpv4: 24.5', 'podway.yaml:3: nodeCidrMaskSizeIpv4=24.5: expected a whole number'],
    ['clusterCidr: 10.0.0.0/8', 'in a file as a list: [a, b]'],
    ['clusterCidr: [10.0.0.0/8, 10.0.0.1/8]', 'podway.yaml:3: clusterCidr: invalid address "10.0.0.1/8"'],
    ['clusterName: 2024', 'podway.yaml:3: clusterName=2024: expected text: in a file, put it in quotes'],
    ['clusterName: " "', 'podway.yaml:3: clusterName is empty: it is by this name'],
    ['clusterName:', 'podway.yaml:3: clusterName is empty: give it a value, or leave it out'],
    ['clusterName: {a: 1}', 'podway.yaml:3: clusterName={"a":1}: expected text'],
    ['routeTables: rtb-1', 'podway.yaml:3: routeTables=rtb-1: expected tag, auto, vpc, or ids'],
    ['metricsBindAddress: 80', 'podway.yaml:3: metricsBindAddress=80: expected text such as ":10277", or 0'],
    ['agent:\n  mtu: 0', 'podway.yaml:4: agent.mtu=0: expected a whole number from 1280 to 65535'],
    ['controller: sync', 'podway.yaml:3: controller=sync: expected settings of podway controller'],
    ['controller:', 'podway.yaml:3: controller is empty: give it a value, or leave it out'],
    ['awsRoleExternalId: s e c', 'podway.yaml:3: awsRoleExternalId: expected 2 to 1,224 letters'],
  ])('%s', (text, line) => {
    const error = refused(head + text)
    expect(error).toMatchObject({ problem: 'value', message: expect.stringContaining(line) as unknown })
    expect(error.message).not.toContain('s e c')
  })

  test('all of them at once, by line', () => {
    const { lines } = refused(`${head}logLevel: loud\nclusterNmae: prod\npolicy: all\n`)
    expect(lines.map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
      'podway.yaml:3: logLevel=loud',
      'podway.yaml:4: unknown key clusterNmae',
      'podway.yaml:5: policy=all',
    ])
  })
})

describe('files that are none', () => {
  test.each<[name: string, text: string, problem: ConfigFileProblem, message: string]>([
    ['empty', '', 'syntax', 'podway.yaml is empty: it starts with apiVersion'],
    ['comments alone', '# nothing\n', 'syntax', 'podway.yaml is empty'],
    ['an empty document', '---\n', 'syntax', 'podway.yaml is empty'],
    ['a list', '- a\n', 'syntax', 'podway.yaml: expected keys and values'],
    ['a text', 'hello\n', 'syntax', 'podway.yaml: expected keys and values'],
    ['two documents', `${head}---\n${head}`, 'syntax', 'podway.yaml: expected one document, not 2'],
    ['no YAML', `${head}a: [1\nb: 2`, 'syntax', 'podway.yaml:4: it is no YAML: '],
    [
      'a key twice',
      `${head}policy: sync\npolicy: sync\n`,
      'syntax',
      'podway.yaml:4: it is no YAML: duplicated mapping key',
    ],
    ['no header', 'policy: sync\n', 'value', 'apiVersion is missing: expected podway.dev/v1alpha1'],
    [
      'another version',
      head.replace('v1alpha1', 'v2'),
      'value',
      'podway.yaml:1: apiVersion=podway.dev/v2: expected podway.dev/v1alpha1',
    ],
    [
      'another kind',
      head.replace('Configuration', 'Pools'),
      'value',
      'podway.yaml:2: kind=Pools: expected Configuration',
    ],
  ])('%s', (_, text, problem, message) => {
    expect(refused(text)).toMatchObject({ problem, message: expect.stringContaining(message) as unknown })
  })

  test('what can’t be parsed is not quoted: there may be a secret in it', () => {
    expect(refused(`${head}awsRoleExternalId: "hush\n`).message).not.toContain('hush')
  })
})
