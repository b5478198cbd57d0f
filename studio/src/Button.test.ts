import { expect, test } from "vitest";

const views = import.meta.glob<string>("./**/*.tsx", { query: "?raw", import: "default", eager: true });

test.each(Object.entries(views))("no button of %s loses the focus when it is disabled", (_, source) => {
  const tags = source.split("<button").slice(1);
  expect(tags.filter((tag) => /\sdisabled=/.test(tag.split("</button>")[0]!))).toEqual([]);
});
