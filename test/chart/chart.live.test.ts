import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseConfigFile } from '../../cli/settings/config-file.ts'
import { readPools } from '../../reconciler/ipam/pool-document.ts'
import { root } from '../../tools/build/build.ts'
import { manifestFiles, valuesFile } from '../../tools/chart/generated-files.ts'
import { type RenderOptions, chartFolder, helmEnvironment, renderChart } from '../../tools/chart/render.ts'
import { runCommand } from '../install/command.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { type KubeTools, ensureKubeTools, missingForKubeTools } from './kube-tools.ts'
import { type Manifest, type PodTemplate, find, podsOf } from './manifest.ts'

const clouds = ['aws', 'azure', 'gcp', 'localstack'] as const

describeUnless(missingForKubeTools(), 'the chart, by Helm and kubectl', () => {
  let tools: KubeTools

  beforeAll(async () => {
    tools = await ensureKubeTools({
      environment: process.env,
      log: (line) => process.stderr.write(`${line}\n`),
    })
  })

  const render = (options: Omit<RenderOptions, 'helm'>): Promise<string> =>
    renderChart({ helm: tools.helm, ...options })
  const objects = async (options: Omit<RenderOptions, 'helm'>): Promise<readonly Manifest[]> =>
    loadAll(await render(options)) as Manifest[]

  test('helm lint --strict finds nothing', async () => {
    const args = ['lint', '--strict', chartFolder, '--values', valuesFile('base')]
    const { exitCode, stderr, stdout } = await runCommand(tools.helm, args, { environment: helmEnvironment })
    expect(exitCode, stdout + stderr).toBe(0)
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed')
  })

  test.each([
    ['default', { values: ['base'] }],
    ['aws', { values: ['aws'], set: ['apiServer.host=api.prod.example'] }],
    ['azure', { values: ['azure'] }],
    ['azure-managed-identity', { values: ['azure-managed-identity'] }],
    ['gcp', { values: ['gcp'] }],
    ['localstack', { values: ['localstack'] }],
    ['mesh', { values: ['mesh'] }],
    [
      'everything',
      {
        values: [],
        namespace: 'network',
        set: [
          'controller.config.provider=aws',
          'controller.config.clusterName=prod',
          'controller.pools[0].cidr=10.244.0.0/16',
          'controller.pools[0].nodePrefixLength=24',
          'controller.metrics.address=',
          'agent.metrics.address=',
          'agent.kindnetReservations=true',
          'agent.config.blockMetadata=true',
          'monitoring.podMonitor.enabled=true',
          'monitoring.prometheusRule.enabled=true',
          'images.pullSecrets[0].name=pull',
          `images.podway.digest=sha256:${'0'.repeat(64)}`,
          'controller.serviceAccount.annotations.example\\.com/role=network',
          'controller.podLabels.team=network',
        ],
      },
    ],
  ] as const)('renders %s as before', async (name, { values, ...options }) => {
    const rendered = await render({ ...options, values: values.map(valuesFile) })
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    // A release changes the version, and nothing else.
    await expect(rendered.replaceAll(version, 'VERSION')).toMatchFileSnapshot(`snapshots/${name}.yaml`)
  })

  test.each<[what: string, set: readonly string[], says: string]>([
    ['no cloud', ['controller.config.clusterName=x'], 'controller.config.provider is needed'],
    ['no name of the cluster', ['controller.config.provider=aws'], 'controller.config.clusterName is needed'],
    ['an unknown value', ['controler.replicas=1'], "additional properties 'controler' not allowed"],
    [
      'two replicas without an election',
      [
        'controller.config.provider=aws',
        'controller.config.clusterName=x',
        'controller.config.leaderElect=false',
      ],
      'replicas has to be 1',
    ],
    [
      'pools in two places',
      [
        'controller.config.provider=aws',
        'controller.config.clusterName=x',
        'controller.pools[0].cidr=10.0.0.0/8',
        'controller.config.poolsFile=/x',
      ],
      'controller.pools is given',
    ],
    [
      'a ConfigMap that it may not read',
      [
        'controller.config.provider=aws',
        'controller.config.clusterName=x',
        'controller.config.poolsConfigMap=a/b',
      ],
      'has to be podway-system/podway-pools',
    ],
    [
      'identities of two clouds',
      [
        'controller.config.provider=aws',
        'controller.config.clusterName=x',
        'controller.identity.aws.roleArn=a',
        'controller.identity.gcp.audience=b',
      ],
      'more than one cloud',
    ],
    [
      'a Prometheus that could not come',
      [
        'controller.config.provider=aws',
        'controller.config.clusterName=x',
        'monitoring.podMonitor.enabled=true',
      ],
      'controller.metrics.address is loopback',
    ],
  ])('refuses %s', async (_what, set, says) => {
    await expect(render({ set })).rejects.toThrow(says)
  })

  test.each(['aws', 'azure', 'azure-managed-identity', 'gcp', 'localstack', 'mesh'])(
    'the programs take the settings of %s',
    async (name) => {
      const configs = (await objects({ values: [valuesFile(name)] })).filter(
        ({ kind }) => kind === 'ConfigMap',
      )
      expect(configs.length).toBeGreaterThan(0)
      for (const { metadata, data } of configs)
        expect(() => parseConfigFile(metadata.name, data?.['podway.yaml'] ?? '')).not.toThrow()
    },
  )

  test('the controller takes the pools', async () => {
    const pools = ['cidr=10.244.0.0/16', 'nodePrefixLength=24', 'nodeSelector.matchLabels.size=small']
    const all = await objects({
      set: [
        'controller.config.provider=aws',
        'controller.config.clusterName=prod',
        ...pools.map((one) => `controller.pools[0].${one}`),
      ],
    })
    const text = find(all, 'ConfigMap', 'podway-pools').data?.['pools.yaml'] ?? ''
    expect(readPools(text).map(({ nodePrefixLength }) => nodePrefixLength)).toEqual([24])
    expect(find(all, 'ConfigMap', 'podway-controller').data?.['podway.yaml']).toContain(
      'poolsConfigMap: podway-system/podway-pools',
    )
  })

  describe('where no node is ready', () => {
    let controller: PodTemplate
    let agent: PodTemplate

    beforeAll(async () => {
      const all = await objects({ values: [valuesFile('base')], set: ['apiServer.host=10.0.0.1'] })
      controller = podsOf(find(all, 'Deployment', 'podway-controller'))
      agent = podsOf(find(all, 'DaemonSet', 'podway-agent'))
    })

    test('both run without a pod network, a name service and a Service network', () => {
      for (const { spec } of [controller, agent]) {
        expect(spec).toMatchObject({ hostNetwork: true, dnsPolicy: 'Default' })
        expect(spec.containers[0]?.env).toContainEqual({ name: 'KUBERNETES_SERVICE_HOST', value: '10.0.0.1' })
        expect(spec.containers[0]?.env).toContainEqual({ name: 'KUBERNETES_SERVICE_PORT', value: '6443' })
      }
    })

    // https://kubernetes.io/docs/reference/labels-annotations-taints/
    test.each([
      // By the node lifecycle controller, of a Node whose kubelet waits for a network.
      ['node.kubernetes.io/not-ready', 'NoSchedule'],
      ['node.kubernetes.io/not-ready', 'NoExecute'],
      // Of the condition that podway itself turns.
      ['node.kubernetes.io/network-unavailable', 'NoSchedule'],
      // By kubelets with --cloud-provider=external, until a cloud controller manager has been there.
      ['node.cloudprovider.kubernetes.io/uninitialized', 'NoSchedule'],
      // In a new cluster there may be no other nodes.
      ['node-role.kubernetes.io/control-plane', 'NoSchedule'],
    ])('both tolerate %s:%s, without an end', (key, effect) => {
      for (const { spec } of [controller, agent]) {
        const tolerated = spec.tolerations.some(
          (one) =>
            one.operator === 'Exists' &&
            (one.key === undefined || one.key === key) &&
            (one.effect === undefined || one.effect === effect) &&
            one.tolerationSeconds === undefined,
        )
        expect(tolerated).toBe(true)
      }
    })

    test('both are critical, so that nothing takes their place', () => {
      expect(controller.spec.priorityClassName).toBe('system-cluster-critical')
      expect(agent.spec.priorityClassName).toBe('system-node-critical')
    })

    test('no volume waits for anything but what the API server has', () => {
      const kinds = [controller, agent].flatMap(({ spec }) =>
        spec.volumes.flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name')),
      )
      expect([...new Set(kinds)].sort()).toEqual(['configMap', 'emptyDir', 'hostPath', 'projected'])
    })
  })

  test('no container has more rights than it takes', async () => {
    const all = await objects({ values: [valuesFile('base')] })
    const pods = [
      podsOf(find(all, 'Deployment', 'podway-controller')),
      podsOf(find(all, 'DaemonSet', 'podway-agent')),
    ]
    for (const { spec } of pods)
      for (const { name, securityContext } of spec.containers) {
        const both = { ...spec.securityContext, ...securityContext }
        expect(both, name).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          seccompProfile: { type: 'RuntimeDefault' },
          capabilities: { drop: ['ALL'] },
        })
        if (name === 'serve') continue
        expect(both, name).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532 })
        expect(both.capabilities?.add, name).toBeUndefined()
      }
  })

  test('other settings start other pods', async () => {
    const checksum = async (set: readonly string[]): Promise<string | undefined> => {
      const all = await objects({ values: [valuesFile('base')], set })
      return podsOf(find(all, 'Deployment', 'podway-controller')).metadata.annotations?.['checksum/config']
    }
    const before = await checksum([])
    expect(before).toMatch(/^[0-9a-f]{64}$/)
    expect(await checksum([])).toBe(before)
    expect(await checksum(['controller.config.policy=observe'])).not.toBe(before)
    // Followed by the program itself.
    expect(await checksum(['controller.resources.limits.memory=1Gi'])).toBe(before)
  })

  test('definitions stay when the release goes', async () => {
    const all = await objects({ values: [valuesFile('base')] })
    const crds = all.filter(({ kind }) => kind === 'CustomResourceDefinition')
    expect(crds.map(({ metadata }) => metadata.annotations)).toEqual([
      { 'helm.sh/resource-policy': 'keep' },
      { 'helm.sh/resource-policy': 'keep' },
    ])
  })

  test('the manifests are what the chart renders', async () => {
    const files = await manifestFiles(tools.helm)
    expect(files.size).toBe(10)
    for (const [path, text] of files)
      // `npm run manifests` writes them; `-u` does too.
      await expect(text).toMatchFileSnapshot(join(root, path))
  })

  test.each(clouds)('the overlay %s makes what the chart makes of the same values', async (name) => {
    const args = ['kustomize', join(root, 'deploy/kustomize/overlays', name)]
    const { exitCode, stderr, stdout } = await runCommand(tools.kubectl, args, {
      environment: helmEnvironment,
    })
    expect(exitCode, stderr).toBe(0)
    const made = (loadAll(stdout) as Manifest[]).filter(({ kind }) => kind !== 'Namespace')
    const wanted = await objects({ values: [valuesFile(name)], set: ['crds.keep=false'] })
    expect(comparable(made)).toEqual(comparable(wanted))
  })
})

/** Without the checksum that only Helm keeps, in one order. */
const comparable = (objects: readonly Manifest[]): readonly unknown[] =>
  objects
    .map((object) => {
      const copy = structuredClone(object)
      if (copy.spec?.template === undefined) return copy
      const { metadata, spec } = copy.spec.template
      delete metadata.annotations
      for (const container of spec.containers) {
        container.env?.sort(byName)
        container.volumeMounts?.sort(byName)
      }
      spec.volumes.sort(byName)
      return copy
    })
    .sort((a, b) => (`${a.kind} ${a.metadata.name}` < `${b.kind} ${b.metadata.name}` ? -1 : 1))

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1
