/** Tests lie beside the code as `*.test.ts`; those that need a DOM say so with a `@vitest-environment` line. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    environment: 'node',
    testTimeout: 30_000,
    restoreMocks: true,
  },
})
