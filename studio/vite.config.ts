import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The page's policy wants every asset as a file: nothing inline.
export default defineConfig({ plugins: [react()], build: { assetsInlineLimit: 0 } });
