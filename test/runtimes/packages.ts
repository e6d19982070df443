import type { PinnedPackage } from '../install/debian-packages.ts'

/** The runtimes, what a chain of theirs needs beside us, and the libraries that a small machine may lack. */
export const packages: readonly PinnedPackage[] = [
  {
    name: 'containerd',
    version: '1.6.20~ds1-1+deb12u3',
    sha256: '8669d264eeb0fcdb4a0b1ba436ab88ec5dafde4a66e1278ec279d830db4c2216',
  },
  {
    name: 'runc',
    version: '1.1.5+ds1-1+deb12u1',
    sha256: 'a00351f8c0318de0b424ecf5cd0fdb69880a89f3511cae4f6fff7de3e57881c5',
  },
  {
    name: 'conmon',
    version: '2.1.6+ds1-1',
    sha256: '2d4111853199dd8c7cbcda3da04f37d9b7f3a7b08dc1cee546a1e5518de8a596',
  },
  {
    name: 'podman',
    version: '4.3.1+ds1-8+deb12u1+b3',
    sha256: '881ab556a1df5b911359c83a647597eb36c156a8615e754436e520a6ae0661ab',
  },
  {
    name: 'containernetworking-plugins',
    version: '1.1.1+ds1-3+b5',
    sha256: '4cac8143474d1249b19f7b0e80b8d0daaa6dfdaa8bd514bc468d38d4a108099f',
  },
  {
    name: 'iptables',
    version: '1.8.9-2',
    sha256: '2928d3ca6ca8a3dc3f423f6752822b1f3614a5ba609ff7806bcba4449ffe90e1',
  },
  {
    name: 'nftables',
    version: '1.0.6-2+deb12u2',
    sha256: '966ff20ce58c17163a771c02ddbca264291408f94c512bd85dd18da0ebdbe88c',
  },
  {
    name: 'busybox-static',
    version: '1:1.35.0-4+deb12u1+b1',
    sha256: '3d3fdbe91d4660c873e14b092c213fe81c1da6362daa236eb25d0171eb108744',
  },
  {
    name: 'libassuan0',
    version: '2.5.5-5',
    sha256: '5912430927da16ccc831459679207fdbb9dfc5a206f2bab8d6f36d5a1ab53e25',
  },
  {
    name: 'libbsd0',
    version: '0.11.7-2',
    sha256: 'bb31cc8b40f962a85b2cec970f7f79cc704a1ae4bad24257a822055404b2c60b',
  },
  {
    name: 'libdevmapper1.02.1',
    version: '2:1.02.185-2',
    sha256: 'aaa78ca236055fedccf637eacf7bda02bf1980b2db668dccd202b04d0d2cfe04',
  },
  {
    name: 'libedit2',
    version: '3.1-20221030-2',
    sha256: '1cf14abf2716d3279db12d0657a5737cf70074a1e71d3bdf73206625e3c89ce6',
  },
  {
    name: 'libglib2.0-0',
    version: '2.74.6-2+deb12u9',
    sha256: '7ff85197685d89e150e342b29a59aab1beee400050ba7da73de81cd999ffee5a',
  },
  {
    name: 'libgmp10',
    version: '2:6.2.1+dfsg1-1.1',
    sha256: '187aedef2ed763f425c1e523753b9719677633c7eede660401739e9c893482bd',
  },
  {
    name: 'libgpgme11',
    version: '1.18.0-3+b1',
    sha256: 'dc075584050dc5c8ac27563fc222e8c1ea71128a019a6d129d5823e47ac1e55e',
  },
  {
    name: 'libjansson4',
    version: '2.14-2',
    sha256: '3fc9742f9f1a37bcb9931df6074b4d1483419ef832ad5349f47323e75fc27864',
  },
  {
    name: 'libmd0',
    version: '1.0.4-2',
    sha256: '03539fd30c509e27101d13a56e52eda9062bdf1aefe337c07ab56def25a13eab',
  },
  {
    name: 'libmnl0',
    version: '1.0.4-3',
    sha256: '4581f42e3373cb72f9ea4e88163b17873afca614a6c6f54637e95aa75983ea7c',
  },
  {
    name: 'libnftables1',
    version: '1.0.6-2+deb12u2',
    sha256: '3a8223f9bfba99d97bf25296ac83de307ab036e1df63e5965f88809266851947',
  },
  {
    name: 'libnftnl11',
    version: '1.2.4-2',
    sha256: '9e619e1470a1915264e906020f3bfc046fd8458043b1342686d997b5078213af',
  },
  {
    name: 'libseccomp2',
    version: '2.5.4-1+deb12u1',
    sha256: '108fe67957ca7cf9ba51d801118a1b37d404bea7b6e365025cd00779e9eca38d',
  },
  {
    name: 'libsubid4',
    version: '1:4.13+dfsg1-1+deb12u2',
    sha256: '5c1c214484e57bcfaff4136e6cdbe4e8108776c7159ce7c9087218896a5eb12d',
  },
  {
    name: 'libxtables12',
    version: '1.8.9-2',
    sha256: 'cb841d66950a43af4a398625313d2f3da9065299c9738538de6c2c3495857040',
  },
]

/** What was tested, for the reference page. @throws Error for a package that is not among them */
export const versionOf = (name: string): string => pinned(name).version

/** One of them, for who needs no other. @throws Error for a package that is not among them */
export function pinned(name: string): PinnedPackage {
  const found = packages.find((one) => one.name === name)
  if (found === undefined) throw new Error(`${name} is not among the pinned packages`)
  return found
}

/** Where the messages of the Container Runtime Interface are from. */
export const criApi = {
  module: 'k8s.io/cri-api',
  version: 'v0.36.3',
  file: 'pkg/apis/runtime/v1/api.proto',
} as const
