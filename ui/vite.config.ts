import { defineConfig } from "vitest/config";

// The product holds three pages. `--mode fake` builds the same page on a phone that is made up, for tests and for looking.
export default defineConfig(({ mode }) => ({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    rolldownOptions: {
      input:
        mode === "fake"
          ? ["fake.html", "fake-incoming.html", "fake-kiosk.html"]
          : ["index.html", "incoming.html", "kiosk.html"],
    },
  },
  server: { port: 1420, strictPort: true },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.tsx", "src/**/*.test.ts"],
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
    // A busy machine is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
}));
