// The build: two pages, written beside the Python modules that serve them. The same sources give the same bytes.
import { defineConfig } from 'vitest/config';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Plugin } from 'vite';

const here = import.meta.dirname;

const MESSAGES = new RegExp(
  'src/conversation/(answer|buttons|figures|foot|markdown|problem|question|reasoning|step|told)\\.tsx?$' +
    '|src/markdown/(?!css|highlight|maths)|src/chat/(figures|later)\\.ts$|node_modules/marked/',
);

/** The licences of what the pages are built with go where the pages go. */
function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle() {
      const { dependencies } = JSON.parse(readFileSync(resolve(here, 'package.json'), 'utf8'));
      const names = [...Object.keys(dependencies), '@preact/signals-core'].sort();
      const texts = names.map((name) => {
        const folder = resolve(here, 'node_modules', name);
        const { version } = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'));
        const file = readdirSync(folder).find((one) => /^licen[cs]e(\.\w+)?$/i.test(one));
        if (!file) throw new Error(`${name} has no file with its licence`);
        return `${name} ${version}\n\n${readFileSync(resolve(folder, file), 'utf8').trim()}\n`;
      });
      const source = `The pages are built with these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
      this.emitFile({ type: 'asset', fileName: 'page/licences.txt', source });
    },
  };
}

export default defineConfig({
  root: here,
  base: './', // relative: the gateway may stand below any path
  publicDir: resolve(here, 'public'),
  plugins: [licences()],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    outDir: process.env.FRANCA_PAGE_OUT ?? resolve(here, '../src/franca/gateway/page/built'),
    emptyOutDir: true,
    assetsDir: 'page',
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    modulePreload: false,
    minify: 'terser',
    terserOptions: { compress: { passes: 2 }, format: { comments: false } },
    sourcemap: false,
    target: 'es2022',
    reportCompressedSize: false,
    rollupOptions: {
      input: { chat: resolve(here, 'index.html'), status: resolve(here, 'status.html') },
      output: {
        // What shows a message comes in one piece: it is wanted together, and together it packs better.
        onlyExplicitManualChunks: true,
        manualChunks: (id) => (MESSAGES.test(id) ? 'messages' : undefined),
        entryFileNames: 'page/[name]-[hash].js',
        chunkFileNames: 'page/[name]-[hash].js',
        assetFileNames: 'page/[name]-[hash][extname]',
      },
    },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080', '/page/api': 'http://127.0.0.1:8080' } },
  test: {
    environment: 'jsdom',
    setupFiles: ['test/setup.ts'],
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    testTimeout: 20_000,
    server: { deps: { inline: ['temml'] } }, // its sources import each other without endings
  },
});
