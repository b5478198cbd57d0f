import { Button } from "../Button";

interface Props {
  sign: string;
  /** What the sign means, where it is no word. */
  name?: string;
  /** Of what stays so until another is pressed. */
  isOn?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

/** A small button that changes what a drawing shows. */
export const Tool = ({ sign, name, isOn, disabled, onClick }: Props) => (
  <Button className="small" aria-label={name} aria-pressed={isOn} disabled={disabled} onClick={onClick}>
    {sign}
  </Button>
);
