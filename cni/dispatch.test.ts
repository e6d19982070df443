import { describe, expect, it } from 'vitest'
import { bundleOf } from './dispatch.ts'
import { decodeNetworkConfig } from './spec/config.ts'

const ports = { runtimeConfig: { portMappings: [{ hostPort: 80 }] } }
const fixed = { ipam: { type: 'static' } }

describe('which bundle answers', () => {
  it.each([
    { plugin: 'podway-cni', command: 'ADD', config: {}, bundle: 'ptp-add' },
    { plugin: 'podway-cni', command: 'ADD', config: { ipMasq: true }, bundle: 'ptp-add-whole' },
    { plugin: 'podway-cni', command: 'ADD', config: fixed, bundle: 'ptp-add-whole' },
    {
      plugin: 'podway-cni',
      command: 'ADD',
      config: { ...fixed, ipMasq: true },
      bundle: 'ptp-add-whole',
    },
    { plugin: 'podway-cni', command: 'ADD', config: ports, bundle: 'ptp-add-whole' },
    { plugin: 'podway-cni', command: 'ADD', config: { ...ports, ipMasq: true }, bundle: 'ptp-add-whole' },
    {
      plugin: 'podway-cni',
      command: 'ADD',
      config: { runtimeConfig: { portMappings: [] } },
      bundle: 'ptp-add',
    },
    {
      plugin: 'podway-cni',
      command: 'ADD',
      config: { runtimeConfig: { portMappings: null } },
      bundle: 'ptp-add',
    },
    // Who reads the list says what is wrong with it.
    {
      plugin: 'podway-cni',
      command: 'ADD',
      config: { runtimeConfig: { portMappings: 'x' } },
      bundle: 'ptp-add-whole',
    },
    { plugin: 'podway-cni', command: 'ADD', config: { ingressRate: 1 }, bundle: 'ptp-add-whole' },
    {
      plugin: 'podway-cni',
      command: 'ADD',
      config: { ...ports, ingressRate: 1 },
      bundle: 'ptp-add-whole',
    },
    { plugin: 'podway-cni', command: 'DEL', config: { ingressRate: 1 }, bundle: 'ptp-del' },
    { plugin: 'ptp', command: 'ADD', config: { ingressRate: 1 }, bundle: 'ptp-add' },
    { plugin: 'bandwidth', command: 'ADD', config: {}, bundle: 'bandwidth-add' },
    { plugin: 'podway-cni', command: 'DEL', config: {}, bundle: 'ptp-del' },
    { plugin: 'podway-cni', command: 'DEL', config: { ipMasq: true }, bundle: 'ptp-del-whole' },
    { plugin: 'podway-cni', command: 'DEL', config: ports, bundle: 'ptp-del-whole' },
    { plugin: 'podway-cni', command: 'CHECK', config: ports, bundle: 'ptp-check' },
    { plugin: 'podway-cni', command: 'GC', config: ports, bundle: 'ptp-gc' },
    { plugin: 'podway-cni', command: 'STATUS', config: ports, bundle: 'ptp-status' },
    // The reference plugin knows no ports.
    { plugin: 'ptp', command: 'ADD', config: ports, bundle: 'ptp-add' },
    { plugin: 'ptp', command: 'DEL', config: ports, bundle: 'ptp-del' },
    { plugin: 'podway-cni', command: 'ADD', config: { interface: 'bridge' }, bundle: 'bridge-add' },
    { plugin: 'bridge', command: 'ADD', config: {}, bundle: 'bridge-add' },
    { plugin: 'bridge', command: 'ADD', config: { vlan: 5 }, bundle: 'bridge-add-whole' },
    { plugin: 'bridge', command: 'ADD', config: fixed, bundle: 'bridge-add-whole' },
    {
      plugin: 'podway-cni',
      command: 'ADD',
      config: { interface: 'bridge', ...ports },
      bundle: 'bridge-add-whole',
    },
    { plugin: 'bridge', command: 'DEL', config: { vlan: 5 }, bundle: 'bridge-del' },
    { plugin: 'podway-cni', command: 'GC', config: { interface: 'bridge' }, bundle: 'bridge-gc' },
    { plugin: 'podway-cni', command: 'ADD', config: { interface: 'ptp' }, bundle: 'ptp-add' },
    { plugin: 'podway-cni', command: 'ADD', config: { interface: 'macvlan' }, bundle: 'stacked-add' },
    { plugin: 'macvlan', command: 'DEL', config: {}, bundle: 'ptp-del' },
    {
      plugin: 'podway-cni',
      command: 'DEL',
      config: { interface: 'ipvlan', ...ports },
      bundle: 'ptp-del-whole',
    },
    { plugin: 'ipvlan', command: 'CHECK', config: {}, bundle: 'stacked-check' },
    { plugin: 'ipvlan', command: 'GC', config: {}, bundle: 'ptp-gc' },
    { plugin: 'portmap', command: 'ADD', config: {}, bundle: 'portmap-add' },
    { plugin: 'portmap', command: 'GC', config: {}, bundle: 'portmap-gc' },
    { plugin: 'portmap', command: 'STATUS', config: {}, bundle: undefined },
    { plugin: 'static', command: 'DEL', config: {}, bundle: undefined },
    { plugin: 'loopback', command: 'CHECK', config: {}, bundle: 'loopback-check' },
  ] as const)('$plugin $command of $config: $bundle', ({ plugin, command, config, bundle }) => {
    const read = decodeNetworkConfig(JSON.stringify({ cniVersion: '1.1.0', name: 'net', ...config }))
    expect(bundleOf(plugin, command, read)).toBe(bundle)
  })
})
