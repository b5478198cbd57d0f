import type { ButtonHTMLAttributes } from "react";

/** A button that keeps the focus while it is disabled: a disabled one of the browser's own loses it, and with it the place. */
export function Button({
  disabled = false,
  onClick,
  type = "button",
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={disabled}
      onClick={(event) => (disabled ? event.preventDefault() : onClick?.(event))}
    />
  );
}
