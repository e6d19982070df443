import { fc, test as property } from '@fast-check/vitest'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Command } from 'commander'
import { describe, expect } from 'vitest'
import { awsModes } from '../../providers/aws/mode.ts'
import { credentialKinds } from '../../providers/azure/credential-kinds.ts'
import { gcpModes } from '../../providers/gcp/mode.ts'
import { policies } from '../../reconciler/guard/policy.ts'
import { logLevels } from '../log-levels.ts'
import { masquerades, reachabilities } from './agent-settings.ts'
import { providerNames } from './cloud-settings.ts'
import { parseConfigFile } from './config-file.ts'
import { adoptions } from './controller-settings.ts'
import { apiVersion, fileKeys, kind } from './file-schema.ts'
import { fromEnvironment } from './from-environment.ts'
import { fromFlags } from './from-flags.ts'
import { fileJsonSchema } from './json-schema.ts'
import { addUsed } from './options.ts'
import type { Found } from './origin.ts'
import { kebab, variableOf } from './setting.ts'
import type { migrateSettings } from './migrate-settings.ts'
import type { flagOnlySettings } from './run-settings.ts'
import { type Key, settingOf } from './settings.ts'

type FileKey = Exclude<Key, keyof typeof flagOnlySettings | keyof typeof migrateSettings>

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const words = (minLength = 0) => fc.array(word, { minLength, maxLength: 4 })
const oneOf = (choices: readonly string[]) => fc.constantFrom(...choices)
const anInteger = (min: number, max: number) => fc.integer({ min, max })
const duration = (min: number, max: number) =>
  anInteger(min, max).map((ms) =>
    ms % 1_000 === 0 ? `${ms / 1_000}s` : `${Math.trunc(ms / 60_000)}m${ms % 60_000}ms`,
  )
const octet = anInteger(0, 255)
const cidrs = fc.array(
  fc.oneof(
    fc.tuple(octet, octet).map(([a, b]) => `10.${a}.${b}.0/24`),
    octet.map((a) => `fd00:${a.toString(16)}::/48`),
  ),
  { maxLength: 4 },
)
const path = word.map((name) => `/etc/${name}.yaml`)
const ids = words().map((list) => list.map((name) => `rtb-${name}`))

/** Values of every setting that a file can say, as YAML has them. */
const values: Readonly<Record<FileKey, fc.Arbitrary<unknown>>> = {
  provider: oneOf(providerNames),
  clusterName: word,
  routeTables: fc.oneof(oneOf(['tag', 'auto', 'vpc']), ids),
  routeTableIds: ids,
  extraRouteTableIds: ids,
  clusterCidr: cidrs,
  nodeCidrMaskSizeIpv4: anInteger(1, 32),
  nodeCidrMaskSizeIpv6: anInteger(1, 128),
  allocateNodeCidrs: fc.boolean(),
  poolsConfigMap: fc.tuple(word, word).map((names) => names.join('/')),
  poolsFile: path,
  serviceClusterIpRange: cidrs,
  configureCloudRoutes: fc.boolean(),
  policy: oneOf(policies),
  adopt: oneOf(adoptions),
  driftInterval: duration(1_000, 86_400_000),
  apiBudgetShare: fc.double({ min: 0, max: 100, minExcluded: true, noNaN: true }),
  leaderElect: fc.boolean(),
  leaderElectLeaseDuration: duration(0, 3_600_000),
  leaderElectRenewDeadline: duration(0, 3_600_000),
  leaderElectRetryPeriod: duration(0, 3_600_000),
  leaderElectResourceNamespace: word,
  leaderElectResourceName: word,
  awsTargetInterface: fc.oneof(
    fc.constant('primary'),
    octet.map((index) => `device-index=${index}`),
    fc.tuple(word, word).map(([key, value]) => `tag=${key}=${value}`),
    word.map((id) => `subnet=subnet-${id}`),
  ),
  awsMode: oneOf(awsModes),
  awsMatchNodeNames: fc.boolean(),
  awsRoutesPerTable: anInteger(1, 1_000),
  awsRoleArn: word.map((name) => `arn:aws:iam::123456789012:role/${name}`),
  awsRoleExternalId: fc.stringMatching(/^[\w+=,.@:/-]{2,20}$/),
  cloudConfig: path,
  azureSubscription: word,
  azureResourceGroups: words(),
  azureRouteTableResourceGroup: words(),
  azureCloud: word,
  azureCredentials: oneOf(credentialKinds),
  azureRoutesPerTable: anInteger(1, 10_000),
  azureEffectiveWait: duration(0, 300_000),
  azureAskEffective: fc.boolean(),
  gcpProject: word,
  gcpNetwork: words(1),
  gcpImpersonateServiceAccount: word.map((name) => `${name}@p.iam.gserviceaccount.com`),
  gcpMode: oneOf(gcpModes),
  gcpRoutePriority: anInteger(1, 65_535),
  gcpRouteTags: words(),
  gcpRoutesPerNetwork: anInteger(1, 100_000),
  gcpRoutesPerPeeringGroup: anInteger(1, 100_000),
  gcpPodRanges: words(),
  nodeName: word,
  socket: path,
  masquerade: oneOf(masquerades),
  masqueradeLinkLocal: fc.boolean(),
  randomFully: fc.boolean(),
  nonMasqueradeCidrs: cidrs,
  antiSpoofing: fc.boolean(),
  blockMetadata: fc.boolean(),
  mtu: anInteger(1280, 65_535),
  probe: fc.boolean(),
  probePort: anInteger(1, 65_535),
  reachability: oneOf(reachabilities),
  meshForce: fc.boolean(),
  meshSourceDestinationCheckOff: fc.boolean(),
  metricsBindAddress: fc.oneof(
    fc.constantFrom<unknown>(0, '0'),
    anInteger(0, 65_535).map((port) => `:${port}`),
  ),
  kubeconfig: path,
  logLevel: oneOf(logLevels),
  agentNamespace: word,
  agentPort: anInteger(1, 65_535),
  state: path,
}

const accepts = new Ajv2020({ strict: false }).compile(fileJsonSchema())
const header = { apiVersion, kind }
const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value))

/** A setting by its flag, its variable and its file. */
function read(key: Key, text: string, natural: unknown): readonly unknown[] {
  const setting = { required: false, ...settingOf(key), key }
  const command = addUsed(new Command(), [setting]).exitOverride()
  command.parse([`--${kebab(key)}=${text}`], { from: 'user' })
  const document = JSON.stringify({ ...header, [key]: natural })
  const valueOf = (found: Found | undefined): unknown => setting.type.schema.parse(found?.natural)
  return [
    valueOf(fromFlags(command, setting)),
    valueOf(fromEnvironment({ [variableOf(key)]: text }, setting)),
    valueOf(parseConfigFile('podway.json', document).find(setting, 'crds')),
  ]
}

describe('a flag, a variable and a file say the same, and the JSON Schema takes it', () => {
  for (const key of fileKeys)
    property.prop([values[key as FileKey]], { numRuns: 25 })(key, (value) => {
      const text = textOf(value)
      fc.pre(text !== '')
      const [flag, variable, file] = read(key, text, value)
      expect(variable).toEqual(flag)
      expect(file).toEqual(flag)
      expect(accepts({ ...header, [key]: value }), JSON.stringify(accepts.errors)).toBe(true)
    })
})
