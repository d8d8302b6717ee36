import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// A machine that is busy with something else is slow, not wrong.
const limits = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 15_000 } } }

export default defineConfig({
  test: {
    // What an array held is worth more than that it held seven things.
    chaiConfig: { truncateThreshold: 2_000 },
    // The files of a worker share what they import; loading it anew for each took half of the time.
    isolate: false,
    // Most tests wait for servers, so that one worker less than there are cores would leave the cores idle.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      {
        test: {
          ...limits,
          name: 'libraries',
          include: [
            'packages/*/test/**/*.test.ts',
            'examples/*/test/**/*.test.ts',
            'bench/test/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', 'packages/server/**'],
        },
      },
      {
        // Apart, because only these tests need the PostgreSQL that the setup starts.
        // Vite would take graphql's second build, and there must be only one of its classes in a process.
        resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
        test: {
          ...limits,
          name: 'server',
          include: ['packages/server/test/**/*.test.ts'],
          globalSetup: ['packages/server/test/global-setup.ts'],
        },
      },
      {
        // After the others and one by one, because each of its tests starts servers of its own.
        test: {
          ...limits,
          name: 'torture',
          include: ['torture/test/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
        },
      },
    ],
  },
})
