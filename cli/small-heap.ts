import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the part of the heap small in which new objects are made: a megabyte, where V8 would let it grow to 32, of which a
 * program that works for a moment now and then has no use. An agent is on every node, so it counts there. To collect
 * oftener costs it nothing that can be measured (`npm run bench -- mesh`). Call it before there is much in the heap.
 */
export const keepHeapSmall = (): void => setFlagsFromString('--semi-space-growth-factor=1')
