/** What tests look at of what is applied. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: { readonly template?: PodTemplate }
}

export interface PodTemplate {
  readonly metadata: { annotations?: Readonly<Record<string, string>> }
  readonly spec: {
    readonly hostNetwork?: boolean
    readonly dnsPolicy?: string
    readonly priorityClassName?: string
    readonly tolerations: readonly {
      readonly key?: string
      readonly operator: string
      readonly effect?: string
      readonly tolerationSeconds?: number
    }[]
    readonly securityContext?: SecurityContext
    readonly containers: readonly Container[]
    readonly volumes: { readonly name: string }[]
  }
}

interface Container {
  readonly name: string
  readonly env?: { readonly name: string; readonly value?: string }[]
  readonly volumeMounts?: { readonly name: string }[]
  readonly securityContext?: SecurityContext
}

interface SecurityContext {
  readonly runAsUser?: number
  readonly capabilities?: { readonly add?: readonly string[] }
}

/** @throws Error if there is none */
export function find(objects: readonly Manifest[], kind: string, name: string): Manifest {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name)
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`)
  return found
}

/** @throws Error if it makes no pods */
export function podsOf({ kind, metadata, spec }: Manifest): PodTemplate {
  if (spec?.template === undefined) throw new Error(`${kind} ${metadata.name} makes no pods`)
  return spec.template
}
