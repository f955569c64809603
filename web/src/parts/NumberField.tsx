/** A number in a form: what cannot be meant is said at once, and the form does not go on with it. */
import { TextInput, type TextInputProps } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { rangeText, readNumber, stepped } from "./numberText";
import styles from "./parts.module.css";

type Means =
  /** `empty` says what no number means, as "not known". */
  | { empty: string; value: number | null; change: (value: number | null) => void }
  | { empty?: undefined; value: number; change: (value: number) => void };

type Props = Means &
  Pick<TextInputProps, "label" | "description" | "disabled" | "w" | "aria-label"> & {
    lowest?: number | null;
    highest?: number | null;
    whole?: boolean;
    /** What an arrow key adds. */
    step?: number;
    unit?: string;
    "data-autofocus"?: boolean;
  };

export function NumberField({ value, change, empty, ...props }: Props) {
  const { lowest = null, highest = null, whole = false, step = 1, unit = "", ...rest } = props;
  const range = { lowest, highest };
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(textOf(value));
  const [held, setHeld] = useState(value);
  // Set from elsewhere: put back, or saved by others.
  if (held !== value) {
    setHeld(value);
    setText(textOf(value));
  }
  const problem = rest.disabled ? null : problemOf(text);

  function problemOf(typed: string): string | null {
    if (typed.trim() !== "") return readNumber(typed, range, whole).problem;
    if (empty !== undefined) return null;
    const known = lowest !== null || highest !== null;
    const within = rangeText({ ...range, unit });
    return known ? `Type a number: ${within.toLowerCase()}` : "Type a number";
  }
  function type(typed: string) {
    setText(typed);
    const { number } = readNumber(typed, range, whole);
    if (problemOf(typed) !== null || number === value) return;
    setHeld(number);
    if (number !== null) change(number);
    else if (empty !== undefined) change(null);
  }
  // The browser then neither sends the form nor leaves anybody without a word about it.
  useEffect(() => field.current?.setCustomValidity(problem ?? ""), [problem]);

  return (
    <TextInput
      {...rest}
      ref={field}
      inputMode={whole ? "numeric" : "decimal"}
      autoComplete="off"
      placeholder={empty}
      value={text}
      error={problem}
      rightSection={unit && <span className={styles.unit}>{unit}</span>}
      rightSectionWidth={unit ? unit.length * 8 + 20 : undefined}
      rightSectionPointerEvents="none"
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
        event.preventDefault();
        type(stepped(text, event.key === "ArrowUp" ? 1 : -1, range, step));
      }}
    />
  );
}

function textOf(value: number | null): string {
  return value === null ? "" : String(value);
}
