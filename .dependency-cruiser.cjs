/** Tests and what supports them, wherever they stand. */
const notProduct = '\\.(test|cases?)\\.ts$|/testing/'

/** The layer arrows of the project: who may import whom. `npm run check` holds them. */
const layer = (name, allowed) => ({
  name: `${name}-arrows`,
  comment: `${name} may import only: ${[name, ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: `^${name}/`, pathNot: notProduct },
  to: {
    path: '^(net|providers|kube|reconciler|agent|cni|cli|test|tools)/',
    pathNot: `^(${[name, ...allowed].join('|')})/`,
  },
})

module.exports = {
  forbidden: [
    layer('net', []),
    layer('providers', ['net']),
    layer('kube', ['net']),
    layer('reconciler', ['net', 'providers', 'kube']),
    layer('cni', ['net']),
    layer('agent', ['net', 'providers', 'kube', 'reconciler', 'cni']),
    layer('cli', ['net', 'providers', 'kube', 'reconciler', 'agent']),
    {
      name: 'agent-knows-the-core-and-the-protocol',
      comment:
        'the agent shares with the controller what is decided without a cluster, and what they publish for each other; of the node binary it knows only what is said over the socket',
      severity: 'error',
      from: { path: '^agent/', pathNot: notProduct },
      to: {
        path: '^(reconciler|cni)/',
        pathNot:
          '^reconciler/(plan|apply|guard|ledger|pod-network)/|^reconciler/routed-node\\.ts$|^cni/serve/protocol\\.ts$',
      },
    },
    {
      name: 'core-knows-no-kubernetes',
      comment: 'reconciler/{plan,apply,ledger} are used without a cluster too: no kube, no Kubernetes client',
      severity: 'error',
      from: { path: '^reconciler/(plan|apply|ledger)/', pathNot: notProduct },
      to: { path: '^kube/|@kubernetes/client-node' },
    },
    {
      name: 'one-cloud-one-folder',
      comment: 'an adapter knows its own SDK and no other adapter',
      severity: 'error',
      from: { path: '^providers/([^/]+)/', pathNot: notProduct },
      to: { path: '^providers/[^/]+/', pathNot: '^providers/$1/' },
    },
    {
      name: 'reconciler-knows-no-cloud',
      severity: 'error',
      from: { path: '^(reconciler|kube|net|cni)/', pathNot: notProduct },
      to: { path: '@aws-sdk|^providers/[^/]+/' },
    },
    {
      name: 'node-binary-and-net-know-no-runtime',
      comment: 'net and cni run on QuickJS: no Node built-ins, no packages',
      severity: 'error',
      from: { path: '^(net|cni)/', pathNot: notProduct },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    {
      name: 'simulators-are-strangers',
      comment: 'a simulator shares nothing with the code it judges but value types',
      severity: 'error',
      from: { path: '^test/simulators/', pathNot: notProduct },
      to: { path: '^(providers|kube|reconciler|agent|cni|cli)/' },
    },
    {
      name: 'production-imports-no-tests',
      severity: 'error',
      from: {
        path: '^(net|providers|kube|reconciler|agent|cni|cli)/',
        pathNot: notProduct,
      },
      to: { path: '^test/|\\.test\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dead-modules',
      comment: 'a file that nothing imports is dead, unless it is a program or a test',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: '\\.(test|config)\\.ts$|^(eslint\\.config\\.js|\\.dependency-cruiser\\.cjs|bin/)',
      },
      to: {},
    },
    {
      name: 'no-unreached-product',
      comment:
        'what no program reaches is dead, even if a test keeps it company; the memory provider is for tests',
      severity: 'error',
      from: { path: '^(cli|cni)/main\\.ts$' },
      to: {
        path: '^(net|providers|kube|reconciler|agent|cni|cli)/',
        pathNot: `${notProduct}|^providers/memory/|^(cli|cni)/main\\.ts$`,
        reachable: false,
      },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency-in-product',
      severity: 'error',
      from: {
        path: '^(net|providers|kube|reconciler|agent|cni|cli)/',
        pathNot: notProduct,
      },
      to: { dependencyTypes: ['npm-dev'], pathNot: '@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The declarations of a JavaScript file are not a module of their own; what is JavaScript in cni/host is text to the
    // Rust tests, which run it.
    exclude: { path: '^(dist|node_modules|cni/host)/|^[^.]+[.]d[.]ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
