// Moments and durations of an execution.

export const moment = (text: string) => Date.parse(text);

/** From one moment to another, or until now. */
export const seconds = (from: string, to: string | null, now: number) =>
  Math.max(0, ((to === null ? now : moment(to)) - moment(from)) / 1000);

/** `0.42 s`, `12.3 s`, `190 s`, `25 min 10 s`, `3 h 05 min`. */
export function inWords(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 600) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours < 48 ? `${hours} h ${two(minutes)} min` : `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

const two = (number: number) => String(number).padStart(2, "0");

/** Since the start, as an axis has it: `0:05`, `12:30`, `3:00:00`; with tenths where the step is below a second. */
export function offset(milliseconds: number, step = 1000): string {
  const places = step >= 1000 ? 0 : step >= 100 ? 1 : 2;
  const all = Math.round(Math.abs(milliseconds) / 10 ** (3 - places)) / 10 ** places;
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor((all % 3600) / 60)];
  const rest = (all % 60).toFixed(places).padStart(places ? places + 3 : 2, "0");
  const sign = milliseconds < 0 ? "−" : "";
  return hours ? `${sign}${hours}:${two(minutes)}:${rest}` : `${sign}${minutes}:${rest}`;
}
