import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The first that know `light-dark()`: for others it would be put into a query of the system's colours, and nobody could
// choose their own.
const CSS_TARGET = ["chrome123", "edge123", "firefox120", "safari17.5"];

// The page's policy wants every asset as a file: nothing inline.
export default defineConfig({ plugins: [react()], build: { assetsInlineLimit: 0, cssTarget: CSS_TARGET } });
