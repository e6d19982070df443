import * as z from 'zod/mini'
import { settingsOfCommand } from '../../cli/settings/command-settings.ts'
import { type Section, sectionKeys, sections } from '../../cli/settings/file-schema.ts'
import { type Key, settingOf } from '../../cli/settings/settings.ts'

export type JsonSchema = z.core.JSONSchema.JSONSchema

/** What the chart itself says of a program: it depends on what else is rendered. */
const ofChart: Readonly<Record<Section, readonly Key[]>> = {
  // A ConfigMap is no place for a secret: `controller.env` takes it out of a Secret.
  controller: ['leaderElectResourceNamespace', 'metricsBindAddress', 'kubeconfig', 'awsRoleExternalId'],
  agent: ['nodeName', 'socket', 'metricsBindAddress', 'kubeconfig'],
}

const told = <T extends z.ZodMiniType>(description: string, schema: T): T =>
  schema.check(z.meta({ description }))
const text = (description: string): z.ZodMiniType => told(description, z.string())
const flag = (description: string): z.ZodMiniType => told(description, z.boolean())
const strings = (description: string): z.ZodMiniType => told(description, z.record(z.string(), z.string()))
/** Kubernetes' own types, which the API server checks. */
const objects = (description: string): z.ZodMiniType => told(description, z.array(z.looseObject({})))
const object = (description: string): z.ZodMiniType => told(description, z.looseObject({}))
const port = (description: string): z.ZodMiniType =>
  told(description, z.int().check(z.minimum(1), z.maximum(65_535)))

const image = (what: string): z.ZodMiniType =>
  z.strictObject({
    repository: text(`The image of ${what}, with its registry.`),
    tag: text('The chart’s appVersion where it is empty.'),
    digest: told('`sha256:…`, goes before the tag.', z.string().check(z.regex(/^(sha256:[0-9a-f]{64})?$/))),
  })

/** Those of a program's settings that are the user's to say, as a file has them: the same schema reads its flags. */
const configKeys = (section: Section): readonly Key[] =>
  sectionKeys(section).filter((key) => !ofChart[section].includes(key))

const config = (section: Section): z.ZodMiniType =>
  told(
    `The settings of \`podway ${section}\`, by their names in a file of settings.`,
    z.strictObject(
      Object.fromEntries(configKeys(section).map((key) => [key, z.optional(settingOf(key).type.schema)])),
    ),
  )

const metrics = (who: string): z.ZodMiniType =>
  z.strictObject({
    address: text(
      `Where ${who} serves its metrics and probes: \`127.0.0.1\`, one address of the node, or all of them where it is empty. Without authentication.`,
    ),
    port: port('The port; pods are in the host’s network, so it is the node’s.'),
  })

const account = z.strictObject({
  annotations: strings('Of the ServiceAccount: for webhooks that bind it to an identity of the cloud.'),
})

/** What values of the chart may be. Unknown keys are refused; Helm gives `global` to every chart. */
export const valuesSchema = () =>
  z.strictObject({
    global: z.optional(object('Helm’s own; not used.')),
    images: z.strictObject({
      podway: image('the controller and of the agent’s unprivileged half'),
      cni: image('the agent’s privileged half'),
      pullPolicy: told('Of all containers.', z.enum(['Always', 'IfNotPresent', 'Never'])),
      pullSecrets: objects('Names of Secrets: `- name: …`.'),
    }),
    apiServer: z.strictObject({
      host: text(
        'The API server’s own address, for the time before kube-proxy; where it is empty, the Service `kubernetes`.',
      ),
      port: port('Its port.'),
    }),
    controller: z.strictObject({
      enabled: flag('Whether to run `podway controller`.'),
      replicas: told('Of which one leads.', z.int().check(z.minimum(0), z.maximum(9))),
      config: config('controller'),
      pools: objects(
        'Pools as `--pools-config-map` has them, instead of `config.clusterCidr`; a change takes no restart.',
      ),
      identity: z.strictObject({
        aws: z.strictObject({
          roleArn: text('The role to assume by a web identity (IRSA); the token is mounted by the chart.'),
          audience: text('Of the token.'),
        }),
        azure: z.strictObject({
          clientId: text('Of the application (workload identity), or of the managed identity.'),
          tenantId: text('Of the application’s directory.'),
          authorityHost: text('Microsoft Entra’s.'),
          audience: text('Of the token.'),
          federated: flag(
            'Whether the token is what proves it; `false` for a managed identity of the machine.',
          ),
        }),
        gcp: z.strictObject({
          audience: text(
            'The provider of a workload identity pool: `//iam.googleapis.com/projects/…/providers/…`.',
          ),
          serviceAccount: text('The service account to act as; where it is empty, the identity itself.'),
        }),
      }),
      serviceAccount: account,
      metrics: metrics('the controller'),
      env: objects('Besides what the chart sets: `- name: AWS_REGION`, for example.'),
      volumes: objects('Besides the chart’s own.'),
      volumeMounts: objects('Besides the chart’s own.'),
      nodeSelector: strings('Which nodes may run it.'),
      affinity: object('Of pods; with a `podAntiAffinity` in it, the chart’s own is left out.'),
      tolerations: objects('Besides those of nodes that are not ready yet.'),
      priorityClassName: text('Of pods.'),
      podLabels: strings('Of pods, besides the chart’s own.'),
      podAnnotations: strings('Of pods, besides the chart’s own.'),
      resources: object('Of the container.'),
    }),
    agent: z.strictObject({
      enabled: flag('Whether to run `podway agent` on every node.'),
      uninstall: flag('Take away from every node what the agent has laid there, in place of running it.'),
      config: config('agent'),
      serviceAccount: account,
      metrics: metrics('the agent'),
      runtimeDirs: told(
        'Folders with an entry for each container of a runtime; with them, what is left of dead pods is found.',
        z.array(z.string().check(z.regex(/^\//))),
      ),
      kindnetReservations: flag('Whether nodes take over from kindnet, and have its reservations.'),
      systemdNetworkd: flag('Whether systemd-networkd runs on nodes, for `config.reachability: mesh`.'),
      env: objects('Of the container `agent`, besides what the chart sets.'),
      nodeSelector: strings('Which nodes run it.'),
      affinity: object('Of pods.'),
      priorityClassName: text('Of pods.'),
      maxUnavailable: told(
        'How many nodes at a time get a new one.',
        z.union([z.int().check(z.minimum(1)), z.string().check(z.regex(/^\d{1,3}%$/))]),
      ),
      podLabels: strings('Of pods, besides the chart’s own.'),
      podAnnotations: strings('Of pods, besides the chart’s own.'),
      resources: object('Of the container `agent`.'),
      serveResources: object('Of the container `serve`.'),
    }),
    crds: z.strictObject({
      install: flag('Whether definitions are part of the release, so that an upgrade brings the new ones.'),
      keep: flag('Whether they stay, with all their objects, when the release is uninstalled.'),
    }),
    monitoring: z.strictObject({
      podMonitor: z.strictObject({
        enabled: flag('Whether the Prometheus Operator scrapes the pods.'),
        interval: text('How often.'),
        labels: strings('By which Prometheus finds it.'),
      }),
      prometheusRule: z.strictObject({
        enabled: flag('Whether deploy/monitoring/alerts.yaml is a PrometheusRule.'),
        labels: strings('By which Prometheus finds it.'),
      }),
    }),
  })

/** As Helm 3 and 4 read it: draft 7. */
export function valuesJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(valuesSchema(), { io: 'input', target: 'draft-7' })
  for (const section of sections) describeSettings(schema, section)
  return { ...schema, title: 'Values of podway’s chart' }
}

/** What help says of each flag. */
function describeSettings(schema: JsonSchema, section: Section): void {
  const properties = propertiesOf(propertiesOf(propertiesOf(schema)[section]).config)
  for (const { description, key } of settingsOfCommand(section)) {
    const known = properties[key]
    // A file has lists of its own.
    if (typeof known === 'object') known.description = description.replace(', comma-separated', '')
  }
}

export const propertiesOf = (
  schema: JsonSchema | boolean | undefined,
): NonNullable<JsonSchema['properties']> => (typeof schema === 'object' ? schema.properties : undefined) ?? {}
