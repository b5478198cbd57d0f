/** The API's sentences, as a page says them. */

const ROUTE = /\b(GET|POST|PUT|DELETE) [/.]|\.\.\.\//;

/** Without those that name its routes; what a person presses instead is on the page. */
export function plain(text: string): string {
  const sentences = text.split(/(?<=[.!?])\s+/);
  return sentences.filter((each) => !ROUTE.test(each)).join(" ") || text;
}
