import { useState } from "react";
import { type Json, jsonText } from "../lib/json";
import { Button } from "./Button";
import styles from "./Value.module.css";

/** Characters and lines that are shown until the user asks for all. */
const SHOWN = 2000;

/** A value of a task as JSON text, every number as it came. */
export function Value({ value }: { value: Json }) {
  const [all, setAll] = useState(false);
  const text = jsonText(value);
  const isLong = text.length > SHOWN;
  return (
    <div>
      <pre className={styles.value}>{isLong && !all ? `${text.slice(0, SHOWN)} …` : text}</pre>
      {isLong && (
        <Button look="quiet" onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show all ${text.length.toLocaleString("en")} characters`}
        </Button>
      )}
    </div>
  );
}
