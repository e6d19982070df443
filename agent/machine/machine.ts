import type { OperationName, Parameters, Result } from '../../cni/serve/protocol.ts'

export interface MachineCallOptions {
  readonly timeoutMs?: number
}

/** This node's machine, as far as its privileged half lets us. */
export interface Machine {
  /**
   * Carries out one operation. Sends nothing if there is no connection: whoever keeps a state asks again anyway.
   * @throws MachineError
   */
  call<N extends OperationName>(
    operation: N,
    parameters: Parameters<N>,
    options?: MachineCallOptions,
  ): Promise<Result<N>>
}
