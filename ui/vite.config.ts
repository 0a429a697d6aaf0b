// Builds the window. `--mode fake` builds it on the fake backend, for the browser tests; the desktop
// program gets the one that talks to Tauri.
import { fileURLToPath } from 'node:url'

import vueI18n from '@intlify/unplugin-vue-i18n/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

import { bundleLimit } from './scripts/bundle-plugin.mjs'
import { licences } from './scripts/licences-plugin.mjs'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** What the desktop program enforces, so that the browser tests meet it too. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self' ipc: http://ipc.localhost",
].join('; ')

/** How large the window may be: scripts and styles, compressed, in bytes. */
const BUNDLE_LIMIT = 400_000

export default defineConfig(({ mode }) => ({
  plugins: [
    vue(),
    licences(mode === 'production'),
    bundleLimit(BUNDLE_LIMIT),
    vueI18n({
      include: path('./locales/*.json'),
      runtimeOnly: true,
      compositionOnly: true,
      fullInstall: false,
      strictMessage: true,
      dropMessageCompiler: true,
    }),
  ],
  define: {
    __FAKE_BACKEND__: JSON.stringify(mode !== 'production'),
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    target: 'es2022',
    outDir: mode === 'fake' ? '../target/ui/site' : 'dist',
    emptyOutDir: true,
    reportCompressedSize: true,
    // The licences’ texts are a chunk of their own, loaded by those who ask for them.
    chunkSizeWarningLimit: 1_200,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // How long plugins take is nothing that people who build Belfry have to be warned of.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: { port: 5173, strictPort: true },
  preview: { headers: { 'Content-Security-Policy': CONTENT_SECURITY_POLICY } },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test/setup.ts'],
    server: { deps: { inline: ['element-plus'] } },
    restoreMocks: true,
    // The files share their modules: what a test leaves behind is taken away in the set-up file.
    isolate: false,
  },
}))
