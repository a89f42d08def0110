import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** unit: pure, no server. integration: real Postgres, Temporal and SMTP, started once for the run. e2e: the commands as a user runs them. */
export default defineConfig({
  test: {
    reporters: ['default', './test/summary-reporter.ts'],
    // Most of what a test of journeys does is wait for servers, so that two run well where there are two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      // What is generated takes many times as long where other work takes the processor.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['./test/servers.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
