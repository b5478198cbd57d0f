import { useLayoutEffect } from "react";
import { useKept } from "./kept";

const THEMES = { "light dark": "System colours", light: "Light", dark: "Dark" } as const;

/** Light or dark: the system's choice, or one's own. */
export function Theme() {
  const [theme, setTheme] = useKept<keyof typeof THEMES>("theme", "light dark");
  useLayoutEffect(() => {
    document.documentElement.style.colorScheme = theme;
  }, [theme]);
  return (
    <select
      className="small"
      aria-label="Colours"
      value={theme}
      onChange={(event) => setTheme(event.target.value as keyof typeof THEMES)}
    >
      {Object.entries(THEMES).map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
