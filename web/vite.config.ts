/** Builds the client and the API page into the directory that signaling serves; nothing is inlined, so the page runs under a strict CSP. */
import { resolve } from 'node:path'
import { defineConfig } from 'vite'

const SERVER = process.env.PASSLINE_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../signaling/static',
    emptyOutDir: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        index: resolve(import.meta.dirname, 'index.html'),
        docs: resolve(import.meta.dirname, 'docs.html'),
        install: resolve(import.meta.dirname, 'install.html'),
        sw: resolve(import.meta.dirname, 'src/push/worker.ts'),
      },
      // A service worker stands for what lies beside and below it, so it lies at the root, under one name for ever.
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: {
    proxy: {
      '/api': SERVER,
      '/openapi.json': SERVER,
      '/ws': { target: SERVER, ws: true },
    },
  },
})
