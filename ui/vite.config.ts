import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { type Key, LANGUAGES } from "./src/words/words.ts";

/** The keys of the catalogues stand in the page once: the other languages become lists in the order of the English one. */
function shortCatalogues(): Plugin {
  return {
    name: "short-catalogues",
    apply: "build",
    enforce: "pre",
    transform(_, id) {
      const language = /\/words\/(fr|de|es)\.ts$/.exec(id)?.[1] as "fr" | "de" | "es" | undefined;
      if (!language) return null;
      const entries = Object.keys(LANGUAGES.en).map((key) => LANGUAGES[language][key as Key]);
      return `import { en } from "./en";
        const entries = ${JSON.stringify(entries)};
        export const ${language} = Object.fromEntries(Object.keys(en).map((key, at) => [key, entries[at]]));`;
    },
  };
}

// Imports with their extension: Vite reads this file as it is.
// The product holds three pages. `--mode fake` builds the same page on a phone that is made up, for tests and for looking.
export default defineConfig(({ mode }) => ({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [shortCatalogues()],
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
    restoreMocks: true,
    testTimeout: 60_000,
  },
}));
