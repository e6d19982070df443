/** What podway uses of each client of `@google-cloud/compute`. */
declare class ComputeClient {
  constructor(options: ComputeClientOptions)
  /** Makes {@link innerApiCalls}; asks nobody, but for the credentials. */
  initialize(): Promise<unknown>
  /**
   * The calls themselves, by their names in lower camel case. Resolves to an array whose first element is the answer; of
   * a list that does not page by itself the third is.
   */
  readonly innerApiCalls: Readonly<
    Record<string, (request: object, options: ComputeCallOptions) => Promise<readonly unknown[]>>
  >
}

export interface ComputeClientOptions {
  readonly auth: {
    getClient(): Promise<{ readonly universeDomain: string }>
    fetch(url: string | URL, init: RequestInit): Promise<Response>
  }
  readonly apiEndpoint?: string
  readonly port?: number
  readonly protocol?: string
  readonly universeDomain?: string
  /** Asks for answers without white space. */
  readonly minifyJson?: boolean
}

export interface ComputeCallOptions {
  /** Milliseconds */
  readonly timeout: number
  readonly signal: AbortSignal
  /** Null turns the SDK's own retries off. */
  readonly retry: null
  readonly autoPaginate: false
}

export class GlobalOperationsClient extends ComputeClient {}
export class InstancesClient extends ComputeClient {}
export class NetworksClient extends ComputeClient {}
export class ProjectsClient extends ComputeClient {}
export class RoutersClient extends ComputeClient {}
export class RoutesClient extends ComputeClient {}
export class SubnetworksClient extends ComputeClient {}
export class ZoneOperationsClient extends ComputeClient {}
