import { defineConfig } from 'vitest/config'

/**
 * Three projects. `unit` needs nothing. `netns` needs to own a network, mount and pid namespace: run it by
 * `npm run test:netns`, which enters such a world first. `e2e` starts
 * whole programs, and what others made.
 */
export default defineConfig({
  test: {
    // The tests of a file are mostly one process's work, and nobody else's here.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [
            'node_modules/**',
            'dist/**',
            'cni/host/target/**',
            '**/*.netns.test.ts',
            '**/*.live.test.ts',
            'test/e2e/**',
          ],
          // Most take milliseconds; those that start programs take what a busy machine gives them.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'netns',
          include: ['**/*.netns.test.ts'],
          exclude: ['node_modules/**', 'dist/**'],
          fileParallelism: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', '**/*.live.test.ts'],
          exclude: ['node_modules/**', 'dist/**'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
