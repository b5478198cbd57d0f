/** `/config.json`, which a deployment writes: docs/studio.md. */

export interface Config {
  apiUrl: string;
  region: string;
  stage: string;
  oidc: { authority: string; domain: string; clientId: string; scope: string; redirectUri: string };
  console: string | null;
}

export async function loadConfig(): Promise<Config> {
  const answer = await fetch("/config.json");
  if (!answer.ok) throw new Error(`/config.json: status ${answer.status}`);
  return (await answer.json()) as Config;
}
