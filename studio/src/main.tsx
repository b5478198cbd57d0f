import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "./api/client";
import { App } from "./App";
import { loadConfig } from "./config";
import { SignIn } from "./signin/signin";
import { newClient } from "./state/asking";
import "./theme.css";

const root = createRoot(document.getElementById("root")!);

try {
  const config = await loadConfig();
  const signIn = new SignIn(config.oidc);
  connect(config.apiUrl, signIn);
  if (await signIn.begin()) {
    root.render(
      <StrictMode>
        <QueryClientProvider client={newClient()}>
          <App signIn={signIn} onAws={config.console !== null} />
        </QueryClientProvider>
      </StrictMode>,
    );
  }
} catch (error) {
  root.render(<p role="alert">The page could not begin: {String(error)}. Load it again.</p>);
}
