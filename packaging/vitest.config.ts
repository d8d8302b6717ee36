import { defineConfig } from 'vitest/config'

// Not one of the workspace's projects, because these tests need archives: `scripts/check-packages.mjs` makes them.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // They wait for package managers more than they work.
    maxWorkers: 3,
  },
})
