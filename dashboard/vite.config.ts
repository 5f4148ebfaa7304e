import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The pages may stand under any prefix, which only the server knows: it writes a <base> into
// index.html, and every address in the build is relative to that.
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    target: "es2022",
    // Small files stay files: a data: address is nothing that the content security policy allows.
    assetsInlineLimit: 0,
    // The helper would insert an inline script for browsers older than the target.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { "/api": process.env.SKEDULR_COORDINATOR ?? "http://127.0.0.1:8080" },
  },
});
